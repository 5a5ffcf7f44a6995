// A directory of images as a video.
#pragma once

#include <string>
#include <vector>

#include "sequent/video/frame_source.h"

namespace sequent {

class ImageDirectory : public FrameSource {
 public:
  /// Error: no images there, or the first is not one.
  explicit ImageDirectory(const std::string& path);

  std::int64_t frame_count() const override { return static_cast<std::int64_t>(images_.size()); }
  std::int64_t height() const override { return height_; }
  std::int64_t width() const override { return width_; }
  void read(std::span<const std::int64_t> indices,
            FunctionRef<void(std::int64_t place, const Tensor& frame)> use) override;

 private:
  std::string path_;
  std::vector<std::string> images_;
  std::int64_t height_ = 0;
  std::int64_t width_ = 0;
};

/// Whether a comes before b when runs of digits are compared as numbers.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace sequent
