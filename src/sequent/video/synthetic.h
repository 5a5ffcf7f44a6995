// A data set of moving shapes that anyone can make: what a video shows is its motion, and no single frame tells.
//
// In every video a few textured shapes and the textured background all move in one way, each at a speed of its own.
// Position (of shapes on a torus), angle and (logarithm of) size begin uniformly distributed over all they can be, and
// motion carries each around its circle at constant speed, so that they are just as distributed at any later time: a frame
// by itself has the same distribution whatever the motion. Only a change from frame to frame says which it is.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "sequent/tensor/tensor.h"

namespace sequent {

struct SyntheticVideos {
  std::int64_t videos = 400;
  std::int64_t frames = 32;
  std::int64_t size = 64;   // height and width, even
  std::int64_t shapes = 2;  // in each video
  std::int64_t seed = 1;

  void validate() const;
};

/// left, right, up, down, clockwise, counterclockwise, growing, shrinking.
std::span<const std::string_view> motion_names();

/// Video `index`, whose motion is motion_names()[index % 8]: [frames, size, size, 3], u8; a pure function of its
/// arguments.
Tensor synthetic_video(const SyntheticVideos& settings, std::int64_t index);

/// Where shape `shape` of that video is in frame `time`: parts of the frame's size, radians, and a factor.
struct ShapeState {
  double x = 0, y = 0;  // of its centre, from 0 to 1
  double angle = 0;
  double size = 0;  // half of its width
};
ShapeState synthetic_shape(const SyntheticVideos& settings, std::int64_t index, std::int64_t shape, std::int64_t time);

/// Writes DIRECTORY/MOTION/000012.mp4 and so on; `progress` is told how many are done. Existing files are replaced.
void write_synthetic_videos(const SyntheticVideos& settings, const std::string& directory,
                            const std::function<void(std::int64_t)>& progress = {});

}  // namespace sequent
