#include "sequent/eval/speed.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/small_models.h"

namespace sequent {
namespace {

constexpr SpeedOptions kFewRuns = {.runs = 2, .warm_up = 1};

TEST(Speed, TimingOrdersItsTimes) {
  const Timing odd = timing_of({3, 1, 2});
  EXPECT_EQ(odd.median, 2);
  EXPECT_EQ(odd.minimum, 1);
  EXPECT_EQ(odd.maximum, 3);
  EXPECT_EQ(timing_of({4, 1, 2, 3}).median, 2.5);
  EXPECT_THROW(timing_of({}), Error);
}

class SpeedOf : public testing::TestWithParam<std::string> {
 protected:
  static void expect_plausible(const Timing& timing) {
    EXPECT_GT(timing.minimum, 0);
    EXPECT_LE(timing.minimum, timing.median);
    EXPECT_LE(timing.median, timing.maximum);
  }
  const std::unique_ptr<LanguageModel> model = test::small_model(GetParam());
};

TEST_P(SpeedOf, MeasuresForwardAndTraining) {
  const Speed forward = forward_speed(*model, 2, 33, kFewRuns);
  EXPECT_EQ(forward.tokens, 66);
  expect_plausible(forward.time);
  EXPECT_GT(forward.tokens_per_second(), 0);
  // The logits of all tokens are among what it holds at once.
  EXPECT_GE(forward.peak_bytes, 66 * 257 * 4);
  const Speed training = training_speed(*model, 2, 33, kFewRuns);
  EXPECT_EQ(training.tokens, 66);
  expect_plausible(training.time);
  // Values, gradients and the optimizer's two means.
  EXPECT_GE(training.peak_bytes, 4 * 4 * model->parameters().count());
}

TEST_P(SpeedOf, MeasuresReadingAndWritingAtAContext) {
  const DecodeSpeed speed = decode_speed(*model, 600, 3, kFewRuns);
  EXPECT_EQ(speed.prefill.tokens, 600);
  expect_plausible(speed.prefill.time);
  expect_plausible(speed.token);
  EXPECT_EQ(speed.state_bytes, model->state_bytes(600));
  EXPECT_GE(speed.peak_bytes, speed.state_bytes);
}

INSTANTIATE_TEST_SUITE_P(All, SpeedOf, testing::ValuesIn(test::architecture_names()),
                         [](const auto& each) { return each.param; });

TEST(Speed, RefusesSizesThatCannotBe) {
  const auto model = test::small_model("mamba");
  EXPECT_EQ(test::error_of([&] { forward_speed(*model, 0, 5); }), "speed: batch must be positive, got 0");
  EXPECT_EQ(test::error_of([&] { forward_speed(*model, 1, -5); }), "speed: length must be positive, got -5");
  EXPECT_EQ(test::error_of([&] { decode_speed(*model, 5, 0); }), "speed: tokens must be positive, got 0");
  EXPECT_EQ(test::error_of([&] { forward_speed(*model, 1, 5, {.runs = 0}); }), "speed: runs must be positive, got 0");
}

TEST(Speed, TheProcessHasBeenResident) {
  EXPECT_GT(peak_resident_bytes(), 1 << 20);
}

}  // namespace
}  // namespace sequent
