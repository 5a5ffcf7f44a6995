#include "sequent/train/online_probe.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/small_videos.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(RidgeLabels, FindWhatIsLinear) {
  // Three classes along three directions, with noise and a large common offset.
  const auto features = [](std::int64_t count, std::string_view name) {
    std::vector<double> values = test::random_values(count * 6, name, 0.3);
    for (std::int64_t i = 0; i < count; ++i) {
      values[static_cast<std::size_t>(6 * i + 2 * (i % 3))] += 1;
      for (std::size_t c = 0; c < 6; ++c) values[static_cast<std::size_t>(6 * i) + c] += 50;
    }
    return test::to_tensor(values, {count, 6});
  };
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < 60; ++i) labels.push_back(i % 3);
  const std::vector<std::int64_t> predicted = ridge_labels(features(60, "known"), labels, features(90, "asked"), 3);
  int right = 0;
  for (std::size_t i = 0; i < 90; ++i) right += predicted[i] == static_cast<std::int64_t>(i % 3) ? 1 : 0;
  EXPECT_GE(right, 85);
}

TEST(RidgeLabels, AreSoundForFeaturesThatAreAllAlike) {
  const std::vector<std::int64_t> labels = {0, 1, 1, 0};
  EXPECT_EQ(ridge_labels(Tensor::full({4, 3}, 2), labels, Tensor::full({2, 3}, 2), 2).size(), 2u);
}

TEST(OnlineProbe, LeavesOutWhatCannotBeRead) {
  const test::TemporaryDirectory directory;
  test::write_small_videos(directory.path().string());
  directory.write("left/broken.mp4", "");
  const VideoTrainConfig config = test::small_video_run("", "");
  const auto source = fresh_parameters(3);
  Parameters parameters(*source);
  const VisionTransformer encoder(config.model().encoder, "encoder", ParameterScope(parameters));
  const VideoList list = VideoList::open(directory.path().string());
  const OnlineProbe probe(list, {.frames = 8, .stride = 1}, 32);
  const double accuracy = probe.accuracy(encoder);
  EXPECT_TRUE(accuracy >= 0 && accuracy <= 1);
  EXPECT_EQ(probe.accuracy(encoder), accuracy);
  VideoList broken;
  broken.entries = {{directory / "left/broken.mp4", 0}, {directory / "left/broken.mp4", 0}};
  broken.labels = {"left"};
  EXPECT_EQ(test::error_of([&] { OnlineProbe(broken, {.frames = 8, .stride = 1}, 32).accuracy(encoder); }),
            "probe: at least 2 videos must be readable, got 0");
}

}  // namespace
}  // namespace sequent
