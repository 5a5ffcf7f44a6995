#include "sequent/eval/video_features.h"

#include <gtest/gtest.h>

#include <array>

#include "sequent/video/synthetic.h"
#include "sequent/video/video_list.h"
#include "tests/support/files.h"
#include "tests/support/small_vjepa.h"

namespace sequent {
namespace {

struct Model {
  std::unique_ptr<ParameterSource> source = fresh_parameters(3);
  Parameters parameters{*source};
  VisionTransformer encoder{test::small_vjepa().encoder, "encoder", ParameterScope(parameters)};
};

TEST(VideoFeatures, ClipsAndViewsOfAVideoAreThoseOfTheEncoder) {
  const test::TemporaryDirectory directory;
  SyntheticVideos synthetic;
  synthetic.videos = 1;
  synthetic.frames = 40;
  synthetic.size = 32;
  write_synthetic_videos(synthetic, directory.path().string(), [](std::int64_t) {});
  const std::string path = VideoList::open(directory.path().string()).entries.front().path;
  const Model model;
  VideoFeatureSettings settings = feature_settings(model.encoder.config());
  EXPECT_EQ(settings.sampling.frames, 4);
  EXPECT_EQ(settings.size, 8);
  settings.sampling.clips = 2;
  settings.views = 3;
  const std::vector<Tensor> views = video_features(model.encoder, path, settings);
  ASSERT_EQ(views.size(), 3u);
  EXPECT_EQ(views[1].shape(), (Shape{2, 2, 2, 2, 24}));
  const Tensor mean = mean_feature(views[0]);
  ASSERT_EQ(mean.shape(), (Shape{24}));
  double sum = 0;
  for (std::int64_t row = 0; row < 16; ++row) sum += views[0].floats()[row * 24 + 5] / 16.0;
  EXPECT_NEAR(mean.floats()[5], sum, 1e-5);
}

TEST(VideoFeatures, TheMapHasFramesAboveAndColoursBelow) {
  const TubeletSize tubelet = {.frames = 2, .patch = 4};
  // Black but for one white pixel in the first frame of the second tubelet.
  const Tensor clip = Tensor::empty({3, 4, 8, 8});
  for (std::int64_t i = 0; i < clip.elements(); ++i) {
    const auto c = static_cast<std::size_t>(i / 256);
    const bool white = i % 256 == 2 * 64 + 3 * 8 + 5;
    clip.mutable_floats()[i] =
        ((white ? 1.0f : 0.0f) - std::array{0.485f, 0.456f, 0.406f}[c]) / std::array{0.229f, 0.224f, 0.225f}[c];
  }
  // Tokens along one direction: two of them far out, at either end.
  const Tensor features = Tensor::zeros({2, 2, 2, 5});
  features.mutable_floats()[0 * 5 + 2] = -1;
  features.mutable_floats()[7 * 5 + 2] = 1;
  const Tensor map = feature_map(clip, features, tubelet);
  ASSERT_EQ(map.shape(), (Shape{16, 16, 3}));
  const auto at = [&](std::int64_t y, std::int64_t x, std::int64_t c) {
    return static_cast<int>(map.data<std::uint8_t>()[(y * 16 + x) * 3 + c]);
  };
  EXPECT_EQ(at(3, 8 + 5, 0), 255);
  EXPECT_EQ(at(3, 5, 1), 0);
  EXPECT_EQ(at(8, 4, 0), 128);  // a token in the middle is grey
  EXPECT_EQ(std::min(at(8, 0, 0), at(15, 15, 0)), 0);
  EXPECT_EQ(std::max(at(8, 0, 0), at(15, 15, 0)), 255);
  EXPECT_EQ(at(8, 0, 0), at(11, 3, 0));
  EXPECT_NE(test::error_of([&] {
              feature_map(clip, Tensor::zeros({2, 1, 1, 5}), tubelet);
            }).find("must be of the clip"),
            std::string::npos);
}

}  // namespace
}  // namespace sequent
