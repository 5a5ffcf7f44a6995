#include "sequent/train/span_corruption_task.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"
#include "sequent/text/sentinels.h"
#include "sequent/train/trainer.h"
#include "tests/support/parameter_gradients.h"
#include "tests/support/training_runs.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using SpanCorruptionRuns = test::TrainingRuns;

TEST_P(SpanCorruptionRuns, LearnAndLeaveAModelWithSentinels) {
  TrainConfig c = config("run");
  c.steps = 60;
  c.dropout = 0;
  c.sample_every = 60;
  TrainEvents events;
  std::string input;
  events.answer = [&](const EncoderDecoder&, const Tokenizer& tokenizer, std::span<const std::int32_t> ids) {
    input = tokenizer.decode(ids, true);
    return std::string("an answer");
  };
  StepMetrics last;
  events.step = [&](const StepMetrics& metrics) { last = metrics; };
  const TrainResult result = train(c, events);
  EXPECT_EQ(result.steps, 60);
  EXPECT_LT(result.validation_loss, 4.0);  // from ln 357 = 5.9
  EXPECT_EQ(result.bits_per_byte, 0);
  EXPECT_NE(input.find("<extra_id_0>"), std::string::npos);
  EXPECT_NE(read_text(directory / "run/samples.txt").find("an answer"), std::string::npos);
  const bool sparse = GetParam() == "switch-t5";
  EXPECT_EQ(last.aux_loss.has_value(), sparse);
  EXPECT_EQ(result.active_parameters < result.parameters, sparse);
  EXPECT_EQ(read_text(directory / "run/metrics.jsonl").find("\"moe\"") != std::string::npos, sparse);
  EXPECT_EQ(sentinels_of(Tokenizer::load(result.model)).size(), 100u);
}

TEST_P(SpanCorruptionRuns, StoppedAndResumedEqualUninterruptedBitForBit) {
  train(config("whole"), {});
  std::atomic<bool> stop = false;
  TrainEvents events;
  events.stop = &stop;
  events.step = [&](const StepMetrics& metrics) { stop = stop || metrics.step == 7; };
  EXPECT_TRUE(train(config("parts"), events).interrupted);
  EXPECT_FALSE(resume_training(directory / "parts", {}).interrupted);
  EXPECT_EQ(weights(directory / "parts"), weights(directory / "whole"));
}

TEST_P(SpanCorruptionRuns, RecomputingAndAccumulatingGiveTheGradientOfTheWhole) {
  TrainConfig c = config("run");
  c.dropout = 0;
  c.accumulate = 2;
  SpanCorruptionTask plain(c, {});
  c.recompute = true;
  SpanCorruptionTask recomputed(c, {});
  StepMetrics a, b;
  plain.run(3, a);
  recomputed.run(3, b);
  EXPECT_EQ(*a.loss, *b.loss);
  test::expect_close(test::gradients_of(recomputed.parameters()), test::gradients_of(plain.parameters()), 1e-5,
                     "gradients");
  // 37 tokens of text have 32 when they are corrupted.
  EXPECT_EQ(plain.tokens_per_step(), 2 * 4 * tokens_for_inputs(32));
  EXPECT_LE(plain.batch(0).encoder_segments.length(0), 32);
  EXPECT_EQ(plain.first_non_finite_output(0), "");
}

TEST_P(SpanCorruptionRuns, StartFromAModel) {
  const TrainResult first = train(config("first"), {});
  TrainConfig c = config("second");
  c.init_from = first.model;
  c.steps = 1;
  double loss = 10;
  TrainEvents events;
  events.step = [&](const StepMetrics& metrics) { loss = *metrics.loss; };
  train(c, events);
  EXPECT_LT(loss, 5.5);
}

TEST_P(SpanCorruptionRuns, RefuseWhatCannotBe) {
  TrainConfig carried = config("a");
  carried.tbptt = true;
  EXPECT_THROW(train(carried, {}), Error);
  TrainConfig long_text = config("b");
  long_text.context = 4000;
  EXPECT_THROW(train(long_text, {}), Error);
}

INSTANTIATE_TEST_SUITE_P(All, SpanCorruptionRuns, testing::Values("t5", "switch-t5"), [](const auto& test) {
  return test.param == "t5" ? std::string("t5") : std::string("switch_t5");
});

}  // namespace
}  // namespace sequent
