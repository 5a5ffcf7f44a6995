#include "sequent/train/video_update.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/base/files.h"

namespace sequent {
namespace {

// Values of the published schedulers for the published run and for a shorter one.
TEST(VideoUpdate, FollowsThePublishedSchedules) {
  const auto cases = nlohmann::json::parse(read_text(SEQUENT_SOURCE_DIR "/tests/golden/video/schedules.json"));
  ASSERT_EQ(cases.size(), 2u);
  for (const auto& golden : cases) {
    VideoTrainConfig config;
    config.warmup = golden["warmup"];
    const std::int64_t steps = golden["steps"];
    for (const auto& at : golden["at"]) {
      const UpdateSettings update = video_update(config, at["step"], steps);
      EXPECT_NEAR(update.learning_rate, at["lr"].get<double>(), 1e-12) << at;
      EXPECT_NEAR(update.weight_decay, at["weight_decay"].get<double>(), 1e-12) << at;
      EXPECT_NEAR(target_momentum(config, at["step"], steps), at["momentum"].get<double>(), 1e-12) << at;
    }
  }
}

TEST(VideoUpdate, ClipsAfterTheWarmUp) {
  VideoTrainConfig config;
  EXPECT_EQ(video_update(config, 11999, 90000).clip, 0);
  EXPECT_EQ(video_update(config, 12000, 90000).clip, 10);
}

TEST(VideoUpdate, IsSoundInTheShortestRuns) {
  VideoTrainConfig config;
  for (const std::int64_t steps : {1, 2, 7}) {
    for (std::int64_t step = 0; step < steps; ++step) {
      const UpdateSettings update = video_update(config, step, steps);
      EXPECT_TRUE(update.learning_rate > 0 && update.learning_rate <= config.lr) << step << " of " << steps;
      EXPECT_TRUE(update.weight_decay >= 0.04 && update.weight_decay <= 0.4);
      const double momentum = target_momentum(config, step, steps);
      EXPECT_TRUE(momentum >= 0.998 && momentum <= 1);
    }
  }
}

}  // namespace
}  // namespace sequent
