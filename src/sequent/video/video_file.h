// Videos and images through FFmpeg's libav*: any frame of a file by its number.
//
// A first pass over the packets says when each frame is shown. A wanted frame is then found by seeking to a key frame
// before it and decoding until its time comes; when the seek lands too late, one further back is tried, in the end the
// start. So frames are right for variable frame rates, for frames stored in another order than shown, and for files
// whose seeking is unreliable. Files in which packets are not frames one by one, or have no times, are decoded once to
// count their frames.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "sequent/video/frame_source.h"

namespace sequent {

class VideoFile : public FrameSource {
 public:
  /// The largest frame that is decoded, in pixels: a header is not to be trusted with any size of memory.
  static constexpr std::int64_t kMaxPixels = std::int64_t{1} << 26;

  /// Errors: no such file, nothing that is known as a video or image, no frames, frames above kMaxPixels.
  explicit VideoFile(const std::string& path);
  ~VideoFile() override;

  std::int64_t frame_count() const override;
  std::int64_t height() const override;
  std::int64_t width() const override;
  void read(std::span<const std::int64_t> indices,
            FunctionRef<void(std::int64_t place, const Tensor& frame)> use) override;

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// Calls use(index, places) for every frame asked for, ascending, with the places of `indices` that ask for it. An
/// index outside [0, count) is an Error that names `path`.
void for_ascending_frames(const std::string& path, std::span<const std::int64_t> indices, std::int64_t count,
                          FunctionRef<void(std::int64_t index, std::span<const std::int64_t> places)> use);

}  // namespace sequent
