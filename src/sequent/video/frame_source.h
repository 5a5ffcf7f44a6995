// Where frames come from: a video file, a single image, or a directory of images, behind one interface.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "sequent/base/function_ref.h"
#include "sequent/tensor/tensor.h"

namespace sequent {

class FrameSource {
 public:
  virtual ~FrameSource() = default;

  virtual std::int64_t frame_count() const = 0;
  /// Size of every frame.
  virtual std::int64_t height() const = 0;
  virtual std::int64_t width() const = 0;

  /// Calls use(i, frame) once for every place i of `indices`, in ascending order of the frames; a frame is
  /// [height, width, 3], u8, red first, and valid during the call. Frame n is the n-th that is shown, whatever order
  /// the file stores them in. Errors: an index out of range, a frame that cannot be decoded or has another size.
  virtual void read(std::span<const std::int64_t> indices,
                    FunctionRef<void(std::int64_t place, const Tensor& frame)> use) = 0;

  /// [indices, height, width, 3], u8.
  Tensor frames(std::span<const std::int64_t> indices);
};

/// Opens what `path` is: a directory of images is the sequence of its images, in the order of their names with numbers
/// counted ("2.png" before "10.png"); a file is a video or an image, recognised by its contents. Errors name the path.
std::unique_ptr<FrameSource> open_frames(const std::string& path);

/// Whether a file is called as videos and images usually are; directories are not.
bool names_video(const std::string& path);
bool names_image(const std::string& path);
/// Whether it is a directory that holds images, one video of which each is a frame.
bool is_image_directory(const std::string& path);

}  // namespace sequent
