// Writes frames as a video file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sequent/tensor/tensor.h"

namespace sequent {

class VideoWriter {
 public:
  /// The container is that of the file's extension (mp4, mkv, avi); the codec MPEG-4 part 2 at nearly its best quality,
  /// which every build of FFmpeg's libraries has. Sizes must be even. Errors name the path.
  VideoWriter(const std::string& path, std::int64_t height, std::int64_t width, int frames_per_second);
  /// Without finish() the file is not whole.
  ~VideoWriter();
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;

  /// frame: [height, width, 3], u8, red first.
  void add(const Tensor& frame);
  void finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sequent
