#include "sequent/train/trainer.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "tests/support/small_models.h"
#include "tests/support/training_runs.h"

namespace sequent {
namespace {

class EveryTrainer : public test::TrainingRuns {
 protected:
  static TrainEvents stopping_at(std::int64_t step, std::atomic<bool>& stop) {
    TrainEvents events;
    events.stop = &stop;
    events.step = [&stop, step](const StepMetrics& metrics) { stop = stop || metrics.step == step; };
    return events;
  }
};

TEST_P(EveryTrainer, LearnsAndReportsWhatItMade) {
  TrainConfig c = config("run");
  c.steps = 60;
  c.dropout = 0;
  const TrainResult result = train(c, {});
  EXPECT_EQ(result.steps, 60);
  EXPECT_EQ(result.tokens, 60 * 4 * 32);
  EXPECT_LT(result.validation_loss, 3.5);  // from ln 257 = 5.5
  EXPECT_GT(result.bits_per_byte, 0);
  EXPECT_GT(result.peak_bytes, 0);
  EXPECT_FALSE(result.interrupted);
  EXPECT_TRUE(std::filesystem::exists(result.model + "/tokenizer.json"));
  EXPECT_TRUE(std::filesystem::exists(directory / "run/config.toml"));
  EXPECT_TRUE(std::filesystem::exists(directory / "run/metrics.jsonl"));
}

TEST_P(EveryTrainer, StoppedAndResumedEqualsUninterruptedBitForBit) {
  for (const bool tbptt : {false, true}) {
    const std::string suffix = tbptt ? "-tbptt" : "";
    TrainConfig whole = config("whole" + suffix);
    whole.tbptt = tbptt;
    train(whole, {});
    TrainConfig parts = config("parts" + suffix);
    parts.tbptt = tbptt;
    std::atomic<bool> stop = false;
    EXPECT_TRUE(train(parts, stopping_at(7, stop)).interrupted);
    stop = false;
    EXPECT_TRUE(resume_training(parts.out, stopping_at(13, stop)).interrupted);
    EXPECT_FALSE(resume_training(parts.out, {}).interrupted);
    EXPECT_EQ(weights(parts.out), weights(whole.out)) << suffix;
  }
}

TEST_P(EveryTrainer, TheSameSeedIsTheSameRunAndAnotherIsNot) {
  train(config("a"), {});
  train(config("b"), {});
  TrainConfig other = config("c");
  other.seed = 2;
  train(other, {});
  EXPECT_EQ(weights(directory / "a"), weights(directory / "b"));
  EXPECT_NE(weights(directory / "a"), weights(directory / "c"));
}

TEST_P(EveryTrainer, InBfloat16IsAnotherRunOfNearlyTheSameLossAndResumesBitForBit) {
  const auto in = [&](const std::string& out, const char* precision) {
    TrainConfig c = config(out);
    c.precision = precision;
    return c;
  };
  const TrainResult full = train(in("full", "f32"), {}), whole = train(in("whole", "bf16"), {});
  EXPECT_NE(weights(directory / "whole"), weights(directory / "full"));
  EXPECT_NEAR(whole.validation_loss, full.validation_loss, 0.02 * full.validation_loss);
  std::atomic<bool> stop = false;
  EXPECT_TRUE(train(in("parts", "bf16"), stopping_at(7, stop)).interrupted);
  EXPECT_FALSE(resume_training(directory / "parts", {}).interrupted);
  EXPECT_EQ(weights(directory / "parts"), weights(directory / "whole"));
}

TEST_P(EveryTrainer, RecomputingAndAccumulatingAreAccepted) {
  TrainConfig c = config("run");
  c.recompute = true;
  c.accumulate = 2;
  c.steps = 2;
  EXPECT_EQ(train(c, {}).tokens, 2 * 2 * 4 * 32);
}

TEST_P(EveryTrainer, StartsFromAModel) {
  const TrainResult first = train(config("first"), {});
  TrainConfig c = config("second");
  c.init_from = first.model;
  c.steps = 1;
  double loss = 10;
  TrainEvents events;
  events.step = [&](const StepMetrics& metrics) { loss = *metrics.loss; };
  train(c, events);
  EXPECT_LT(loss, 4.5);
}

TEST_P(EveryTrainer, NonFiniteNumbersStopWithTheLayersName) {
  TrainConfig c = config("run");
  c.lr = 1e30;
  c.clip = 0;
  try {
    train(c, {});
    FAIL();
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("at step"), std::string::npos) << text;
    EXPECT_NE(text.find("first seen in the"), std::string::npos) << text;
  }
}

TEST_P(EveryTrainer, MinutesBecomeStepsThatAreKept) {
  TrainConfig c = config("run");
  c.steps = 0;
  c.minutes = 0.002;
  const TrainResult result = train(c, {});
  EXPECT_GE(result.steps, 1);
  EXPECT_EQ(result.tokens, result.steps * 4 * 32);
  EXPECT_NE(read_text(directory / "run/config.toml").find("steps = " + std::to_string(result.steps) + "\n"),
            std::string::npos);
}

TEST_P(EveryTrainer, EstimatesWithoutWriting) {
  const TrainEstimate estimate = estimate_training(config("never"));
  EXPECT_GT(estimate.parameters, 0);
  EXPECT_GT(estimate.peak_bytes, 16 * estimate.parameters);
  EXPECT_GT(estimate.seconds_per_step, 0);
  EXPECT_EQ(estimate.steps, 20);
  EXPECT_FALSE(std::filesystem::exists(directory / "never"));
}

TEST_P(EveryTrainer, RefusalsAreSentences) {
  const auto complaint = [&](auto change) -> std::string {
    TrainConfig c = config("refused");
    change(c);
    try {
      train(c, {});
    } catch (const Error& error) {
      return error.what();
    }
    return "trained";
  };
  EXPECT_NE(complaint([&](TrainConfig& c) { c.data = {directory / "missing"}; }).find("missing"), std::string::npos);
  EXPECT_NE(complaint([](TrainConfig& c) { c.context = 1 << 20; }).find("too few"), std::string::npos);
  EXPECT_NE(complaint([](TrainConfig& c) { c.schedule = "square"; }).find("square"), std::string::npos);
  EXPECT_NE(complaint([](TrainConfig& c) { c.arch = "rnn"; }).find("there is no 'rnn'"), std::string::npos);
  train(config("twice"), {});
  EXPECT_NE(complaint([&](TrainConfig& c) { c.out = directory / "twice"; }).find("twice"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Architectures, EveryTrainer, testing::ValuesIn(test::architecture_names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace sequent
