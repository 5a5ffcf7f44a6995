#include "sequent/train/video_task.h"

#include <gtest/gtest.h>

#include "tests/support/parameter_gradients.h"
#include "tests/support/small_videos.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

class VideoTasks : public testing::Test {
 protected:
  VideoTasks() { test::write_small_videos(directory / "videos"); }
  VideoTrainConfig config() const { return test::small_video_run(directory / "videos", directory / "run"); }
  const test::TemporaryDirectory directory;
};

TEST_F(VideoTasks, RunAStepAsAFunctionOfItsNumber) {
  VideoTask one(config(), {}), two(config(), {});
  StepMetrics a, b, other;
  one.run(5, a);
  two.run(2, other);
  two.run(5, b);
  EXPECT_EQ(*a.loss, *b.loss);
  EXPECT_NE(*a.loss, *other.loss);
  EXPECT_EQ(test::gradients_of(one.parameters()), test::gradients_of(two.parameters()));
  EXPECT_EQ(one.tokens_per_step(), 3 * 64);
  EXPECT_EQ(one.clips_per_step(), 3);
  EXPECT_EQ(one.training_tokens(), 16 * 64);
  EXPECT_EQ(one.first_non_finite_output(0), "");
}

TEST_F(VideoTasks, RecomputingGivesTheSameGradients) {
  VideoTrainConfig c = config();
  VideoTask plain(c, {});
  c.recompute = true;
  VideoTask recomputed(c, {});
  StepMetrics a, b;
  plain.run(1, a);
  recomputed.run(1, b);
  EXPECT_EQ(*a.loss, *b.loss);
  test::expect_close(test::gradients_of(recomputed.parameters()), test::gradients_of(plain.parameters()), 1e-6,
                     "gradients");
}

TEST_F(VideoTasks, MoveTheTargetAfterAnUpdate) {
  VideoTask task(config(), {});
  const auto first = [&](const Parameters& parameters) { return parameters.all()[0].var.value(); };
  const Tensor before = first(task.model().target_parameters()).clone();
  EXPECT_EQ(test::to_doubles(before), test::to_doubles(first(task.parameters())));
  first(task.parameters()).mutable_floats()[0] += 1;
  task.updated(0, 100);
  EXPECT_NEAR(first(task.model().target_parameters()).floats()[0] - before.floats()[0], 0.002, 1e-6);
  EXPECT_EQ(first(task.model().target_parameters()).floats()[1], before.floats()[1]);
}

TEST_F(VideoTasks, DescribeWhatTellsCollapse) {
  for (const std::string target : {"features", "pixels"}) {
    VideoTrainConfig c = config();
    c.target = target;
    c.probe = c.data;
    VideoTask task(c, {});
    StepMetrics metrics;
    task.run(0, metrics);
    task.updated(0, 12);
    task.describe(metrics);
    task.validate(metrics);
    EXPECT_GT(*metrics.feature_std, 0);
    EXPECT_TRUE(*metrics.effective_rank > 1 && *metrics.effective_rank < 192);
    EXPECT_GT(*metrics.target_norm, 0);
    EXPECT_TRUE(*metrics.token_cosine > -1 && *metrics.token_cosine < 1);
    EXPECT_TRUE(*metrics.context_share > 0.05 && *metrics.context_share < 0.7) << *metrics.context_share;
    EXPECT_TRUE(*metrics.data_wait >= 0 && *metrics.data_wait <= 1);
    EXPECT_EQ(metrics.momentum.has_value(), target == "features");
    EXPECT_NEAR(*metrics.weight_decay, 0.04, 0.01);
    EXPECT_TRUE(metrics.probe_accuracy.has_value());
    EXPECT_EQ(*metrics.skipped_videos, 0);
    EXPECT_EQ(test::gradients_of(task.parameters()).size() > 0, true);
  }
}

TEST_F(VideoTasks, TellOfSkippedVideosBetweenSteps) {
  directory.write("videos/left/broken.mp4", "no video");
  std::vector<std::string> told;
  VideoTask task(config(), {}, [&](const std::string& text) { told.push_back(text); });
  StepMetrics metrics;
  for (std::int64_t step = 0; step < 6; ++step) task.run(step, metrics);  // 17 videos, 3 a step: an epoch
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].find("videos/left/broken.mp4"), std::string::npos);
}

}  // namespace
}  // namespace sequent
