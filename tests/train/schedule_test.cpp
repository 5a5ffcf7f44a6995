#include "sequent/train/schedule.h"

#include <cmath>

#include "tests/support/files.h"

namespace sequent {
namespace {

// 2 warm-up steps, then 8 more: progress is (step - 2) / 8.
Schedule schedule(const std::string& name, double minimum_fraction = 0.1) {
  return Schedule({.name = name,
                   .peak = 0.3,
                   .steps = 10,
                   .warmup_steps = 2,
                   .minimum_fraction = minimum_fraction,
                   .decay_share = 0.5});
}

TEST(Schedule, WarmsUpInAStraightLineWhateverFollows) {
  ASSERT_EQ(schedule_kinds().size(), 4u);
  for (const ScheduleKind& kind : schedule_kinds()) {
    const Schedule rates = schedule(std::string(kind.name));
    EXPECT_DOUBLE_EQ(rates.learning_rate(0), 0.1) << kind.name;
    EXPECT_DOUBLE_EQ(rates.learning_rate(1), 0.2) << kind.name;
    EXPECT_DOUBLE_EQ(rates.learning_rate(2), 0.3) << kind.name;
  }
}

TEST(Schedule, ConstantStays) {
  EXPECT_DOUBLE_EQ(schedule("constant").learning_rate(9), 0.3);
  EXPECT_DOUBLE_EQ(schedule("constant").learning_rate(1000), 0.3);
}

TEST(Schedule, LinearFallsToTheMinimum) {
  EXPECT_DOUBLE_EQ(schedule("linear").learning_rate(6), 0.3 * 0.55);
  EXPECT_DOUBLE_EQ(schedule("linear").learning_rate(8), 0.3 * 0.325);
  EXPECT_DOUBLE_EQ(schedule("linear").learning_rate(10), 0.03);
  EXPECT_DOUBLE_EQ(schedule("linear", 0).learning_rate(10), 0.0);
  EXPECT_DOUBLE_EQ(schedule("linear").learning_rate(1000), 0.03);
}

TEST(Schedule, CosineFallsToTheMinimum) {
  EXPECT_DOUBLE_EQ(schedule("cosine").learning_rate(6), 0.3 * 0.55);                         // half way
  EXPECT_DOUBLE_EQ(schedule("cosine", 0).learning_rate(4), 0.3 * (0.5 + std::sqrt(0.125)));  // cos(pi / 4)
  EXPECT_DOUBLE_EQ(schedule("cosine").learning_rate(10), 0.03);
  EXPECT_DOUBLE_EQ(schedule("cosine").learning_rate(1000), 0.03);
}

TEST(Schedule, WsdStaysAndThenFalls) {
  EXPECT_DOUBLE_EQ(schedule("wsd").learning_rate(6), 0.3);
  EXPECT_DOUBLE_EQ(schedule("wsd", 0).learning_rate(7), 0.15);  // a quarter into the decay: 1 - sqrt(1/4)
  EXPECT_DOUBLE_EQ(schedule("wsd").learning_rate(7), 0.3 * 0.55);
  EXPECT_DOUBLE_EQ(schedule("wsd").learning_rate(10), 0.03);
}

TEST(Schedule, MayFollowTimeInsteadOfSteps) {
  const Schedule rates = schedule("linear");
  EXPECT_DOUBLE_EQ(rates.learning_rate(1, 0.5), 0.2);
  EXPECT_DOUBLE_EQ(rates.learning_rate(50, 0.5), 0.3 * 0.55);
  EXPECT_DOUBLE_EQ(rates.learning_rate(50, 7.0), 0.03);
}

TEST(Schedule, MayBeAllWarmUpOrHaveNone) {
  EXPECT_DOUBLE_EQ(Schedule({.peak = 1, .steps = 3, .warmup_steps = 3}).learning_rate(2), 0.75);
  EXPECT_DOUBLE_EQ(Schedule({.peak = 1, .steps = 3, .warmup_steps = 3}).learning_rate(4), 0.1);
  EXPECT_DOUBLE_EQ(Schedule({.peak = 1, .steps = 3, .warmup_steps = 0}).learning_rate(0), 1.0);
}

TEST(Schedule, RefusesByName) {
  const auto refusal = [](ScheduleOptions options) { return test::error_of([&] { Schedule{options}; }); };
  EXPECT_EQ(refusal({.name = "sine"}), "schedule: must be one of constant, linear, cosine, wsd, got \"sine\"");
  EXPECT_EQ(refusal({.peak = 0}), "schedule: the peak learning rate must be positive, got 0");
  EXPECT_EQ(refusal({.peak = std::nan("")}), "schedule: the peak learning rate must be positive, got nan");
  EXPECT_EQ(refusal({.steps = 0}), "schedule: steps must be at least 1, got 0");
  EXPECT_EQ(refusal({.steps = 5, .warmup_steps = 6}), "schedule: warm-up steps must be 0 to 5 (all steps), got 6");
  EXPECT_EQ(refusal({.minimum_fraction = 1.5}), "schedule: the minimum fraction must be 0 to 1, got 1.5");
  EXPECT_EQ(refusal({.decay_share = 0}), "schedule: the decay share must be above 0 and at most 1, got 0");
  EXPECT_EQ(test::error_of([] { Schedule({}).learning_rate(-1); }), "schedule: step must not be negative, got -1");
}

}  // namespace
}  // namespace sequent
