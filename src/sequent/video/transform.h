// From decoded frames to the numbers a model reads: cropped, resized, flipped and normalised.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sequent/base/random.h"
#include "sequent/tensor/tensor.h"

namespace sequent {

struct Box {
  std::int64_t top = 0, left = 0, height = 0, width = 0;
};

/// What is done with every frame of a clip alike: the pixels of `source` are resized to resized_height x resized_width,
/// bilinear with the centres of pixels aligned and without smoothing before (align_corners false, no antialias), and
/// `size` x `size` pixels of the result, from (top, left) on, are kept.
struct View {
  Box source;
  std::int64_t resized_height = 0, resized_width = 0;
  std::int64_t top = 0, left = 0;
  std::int64_t size = 0;
  bool flip = false;      // left and right exchanged
  bool to_bytes = false;  // the resized values are rounded to whole levels, as when images are resized as images
  /// Brightness, contrast and saturation times these; 1 leaves them.
  float brightness = 1, contrast = 1, saturation = 1;
};

struct Augmentation {
  std::array<double, 2> scale = {0.3, 1.0};    // share of the area that is kept
  std::array<double, 2> ratio = {0.75, 1.35};  // width / height of what is kept
  bool flip = true;                            // half of the clips
  /// Factors are drawn from [1 - jitter, 1 + jitter], one each for brightness, contrast and saturation; 0: none.
  double jitter = 0;

  void validate() const;
};

/// Random numbers that random_view() draws at most, at counters from `counter` on.
inline constexpr std::uint64_t kViewDraws = 64;

/// Random resized crop: a box of area U(scale) of the frame and a width / height log-uniform in `ratio`, anywhere in
/// the frame; ten tries, then the largest central box whose ratio is allowed. Resized to `size` x `size`.
View random_view(std::int64_t height, std::int64_t width, std::int64_t size, const Augmentation& augmentation,
                 const Random& random, std::uint64_t counter);

/// For evaluation with one view: the short side resized to size * 256 / 224, and the centre.
View centre_view(std::int64_t height, std::int64_t width, std::int64_t size);

/// For evaluation with several views: the short side resized to `size`, and `count` squares along the long one. One
/// view is centre_view().
std::vector<View> evaluation_views(std::int64_t height, std::int64_t width, std::int64_t size, std::int64_t count);

/// Writes one frame [height, width, 3] of u8 through the view into `clip` [3, frames, size, size] of f32 at `time`:
/// (x / 255 - mean) / deviation, with the mean and deviation of ImageNet.
void apply_view(const View& view, const Tensor& frame, const Tensor& clip, std::int64_t time);

inline constexpr std::array<float, 3> kImageMean = {0.485f, 0.456f, 0.406f};
inline constexpr std::array<float, 3> kImageDeviation = {0.229f, 0.224f, 0.225f};

}  // namespace sequent
