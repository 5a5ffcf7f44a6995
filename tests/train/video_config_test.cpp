#include "sequent/train/video_config.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/small_videos.h"

namespace sequent {
namespace {

template <class Change>
std::string refusal(Change change) {
  VideoTrainConfig config = test::small_video_run("videos", "run");
  config.validate();
  change(config);
  return test::error_of([&] { config.validate(); });
}

TEST(VideoTrainConfig, TheSavedConfigurationReadsBackAsItWas) {
  VideoTrainConfig config = test::small_video_run("videos", "run");
  config.flip = false;
  config.momentum = 0.1 + 0.2;
  VideoTrainConfig again;
  read_toml(again.fields(), to_toml(config.fields()), "config.toml");
  EXPECT_EQ(to_toml(again.fields()), to_toml(config.fields()));
  EXPECT_EQ(again.momentum, config.momentum);
  EXPECT_FALSE(again.flip);
}

TEST(VideoTrainConfig, DescribesModelClipsAndMasks) {
  VideoTrainConfig config = test::small_video_run("videos", "run");
  config.jitter = 0.25;
  config.seed = 9;
  const VJepaConfig model = config.model();
  EXPECT_EQ(model.encoder.blocks.width, 192);
  EXPECT_EQ(model.encoder.blocks.layers, 2);
  EXPECT_EQ(model.encoder.grid().tokens(), 4 * 4 * 4);
  EXPECT_EQ(model.predictor.blocks.hidden_width, 192);
  EXPECT_EQ(model.predictor.blocks.heads, 3);
  EXPECT_EQ(model.predictor.mask_tokens, 2);
  EXPECT_EQ(model.target, VideoTarget::features);
  config.target = "pixels";
  config.masks = "random-tube";
  EXPECT_EQ(config.model().target, VideoTarget::pixels);
  EXPECT_EQ(config.model().predictor.mask_tokens, 1);
  const ClipSettings clips = config.clip_settings();
  EXPECT_EQ(clips.sampling.span(), 8);
  EXPECT_EQ(clips.size, 32);
  EXPECT_EQ(clips.augmentation.jitter, 0.25);
  EXPECT_EQ(clips.seed, 9u);
}

TEST(VideoTrainConfig, HasThePublishedRuns) {
  const VideoTrainConfig config = video_recipe("vith16-384");
  EXPECT_EQ(config.precision, "bf16");
  EXPECT_EQ(config.size, "huge");
  EXPECT_EQ(config.image_size, 384);
  EXPECT_EQ(config.batch, 2400);
  EXPECT_EQ(config.steps, 90000);
  EXPECT_EQ(config.warmup, 12000);
  EXPECT_EQ(config.model().predictor.blocks.width, 384);
  EXPECT_EQ(test::error_of([] { video_recipe("vits16"); }),
            "recipe: there is no 'vits16'; known are vitl16, vith16, vith16-384");
}

TEST(VideoTrainConfig, RefusesValuesOutOfRangeByName) {
  EXPECT_EQ(refusal([](VideoTrainConfig& c) { c.data.clear(); }),
            "data: no videos were given; use --data DIRECTORY or FILE");
  EXPECT_EQ(refusal([](VideoTrainConfig& c) { c.out.clear(); }),
            "out: no run directory was given; use --out DIRECTORY");
  EXPECT_EQ(refusal([](VideoTrainConfig& c) { c.batch = 0; }), "batch: must be at least 1, got 0");
  EXPECT_EQ(refusal([](VideoTrainConfig& c) { c.image_size = 36; }),
            "image_size: must be a multiple of patch, 8, got 36");
  EXPECT_EQ(refusal([](VideoTrainConfig& c) { c.frames = 7; }), "frames: must be a multiple of tubelet, 2, got 7");
  EXPECT_EQ(refusal([](VideoTrainConfig& c) { c.momentum = 2; }), "momentum: must be from 0 to 1, got 2");
  EXPECT_EQ(refusal([](VideoTrainConfig& c) { c.stretch = 0.5; }), "stretch: must be at least 1, got 0.5");
  EXPECT_EQ(refusal([](VideoTrainConfig& c) { c.smallest_crop = 0; }),
            "smallest_crop: must be above 0 and at most 1, got 0");
  EXPECT_EQ(refusal([](VideoTrainConfig& c) { c.target = "sound"; }),
            "target: must be features or pixels, got 'sound'");
  EXPECT_EQ(refusal([](VideoTrainConfig& c) { c.masks = "none"; }),
            "masks: there is no 'none'; known are multiblock, random-tube, causal");
  EXPECT_NE(refusal([](VideoTrainConfig& c) { c.size = "minute"; }).find("tiny, small"), std::string::npos);
}

}  // namespace
}  // namespace sequent
