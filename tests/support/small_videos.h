// A small set of videos and a small run on it.
#pragma once

#include "sequent/train/video_config.h"
#include "sequent/video/synthetic.h"
#include "tests/support/files.h"

namespace sequent::test {

/// 16 videos of 12 frames of 32 x 32, in folders of their motions.
inline void write_small_videos(const std::string& directory) {
  write_synthetic_videos({.videos = 16, .frames = 12, .size = 32}, directory);
}

/// Steps of a fraction of a second: 4 x 4 x 4 tokens, two layers.
inline VideoTrainConfig small_video_run(const std::string& data, const std::string& out) {
  VideoTrainConfig config;
  config.data = data;
  config.out = out;
  config.layers = 2;
  config.patch = 8;
  config.image_size = 32;
  config.frames = 8;
  config.stride = 1;
  config.predictor_width = 48;
  config.predictor_layers = 1;
  config.batch = 3;
  config.steps = 12;
  config.save_every = 4;
  config.log_every = 1;
  return config;
}

}  // namespace sequent::test
