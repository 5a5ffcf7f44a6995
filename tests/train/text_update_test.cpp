#include "sequent/train/text_update.h"

#include <gtest/gtest.h>

#include "sequent/train/schedule.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

TEST(TextUpdate, FollowsTheScheduleOfTheSettings) {
  TrainConfig config;
  config.schedule = "linear";
  config.lr = 0.1;
  config.min_lr = 0.5;
  config.warmup = 7;
  config.weight_decay = 0.3;
  config.clip = 2;
  const Schedule schedule({.name = "linear", .peak = 0.1, .steps = 100, .warmup_steps = 7, .minimum_fraction = 0.5});
  for (const std::int64_t step : {0, 6, 7, 50, 99}) {
    const UpdateSettings update = text_update(config, step, 100);
    EXPECT_EQ(update.learning_rate, schedule.learning_rate(step));
    EXPECT_EQ(update.weight_decay, 0.3);
    EXPECT_EQ(update.clip, 2);
  }
  // A tenth of a short run at most is warm-up.
  EXPECT_EQ(text_update(config, 2, 20).learning_rate, 0.1);
  EXPECT_EQ(text_update(config, 0, 0).learning_rate, 0.1);
  config.schedule = "sudden";
  EXPECT_NE(test::error_of([&] { text_update(config, 0, 100); }).find("schedule: must be one of"), std::string::npos);
}

TEST(TextUpdate, SaysWhenASampleIsDue) {
  TrainConfig config;
  EXPECT_FALSE(sample_due(config, 10));
  config.sample_every = 5;
  EXPECT_TRUE(sample_due(config, 10));
  EXPECT_FALSE(sample_due(config, 11));
}

}  // namespace
}  // namespace sequent
