#include "sequent/video/transform.h"

#include <algorithm>
#include <cmath>

#include "sequent/base/error.h"

namespace sequent {
namespace {

std::int64_t round_half_even(double value) {
  return static_cast<std::int64_t>(std::nearbyint(value));  // the default rounding of floating point
}

double uniform(const Random& random, std::uint64_t counter, double low, double high) {
  return low + (high - low) * static_cast<double>(random.uniform(counter));
}

Box central_box(std::int64_t height, std::int64_t width, const std::array<double, 2>& ratio) {
  Box box = {.height = height, .width = width};
  const double shape = static_cast<double>(width) / static_cast<double>(height);
  if (shape < ratio[0]) {
    box.height = std::min(height, round_half_even(static_cast<double>(width) / ratio[0]));
  } else if (shape > ratio[1]) {
    box.width = std::min(width, round_half_even(static_cast<double>(height) * ratio[1]));
  }
  box.top = (height - box.height) / 2;
  box.left = (width - box.width) / 2;
  return box;
}

Box random_box(std::int64_t height, std::int64_t width, const Augmentation& augmentation, const Random& random,
               std::uint64_t counter) {
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i, counter += 4) {
    const double area =
        uniform(random, counter, augmentation.scale[0], augmentation.scale[1]) * static_cast<double>(height * width);
    const double ratio =
        std::exp(uniform(random, counter + 1, std::log(augmentation.ratio[0]), std::log(augmentation.ratio[1])));
    const std::int64_t w = round_half_even(std::sqrt(area * ratio));
    const std::int64_t h = round_half_even(std::sqrt(area / ratio));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    const auto place = [&](std::uint64_t at, std::int64_t room) {
      return static_cast<std::int64_t>(random.below(at, static_cast<std::uint64_t>(room) + 1));
    };
    return {.top = place(counter + 2, height - h), .left = place(counter + 3, width - w), .height = h, .width = w};
  }
  return central_box(height, width, augmentation.ratio);
}

/// Where an output line takes its value from: two input lines and the share of the second.
struct Tap {
  std::int64_t first, second;
  float share;
};

std::vector<Tap> taps(std::int64_t begin, std::int64_t length, std::int64_t resized, std::int64_t from,
                      std::int64_t count) {
  std::vector<Tap> result;
  const float scale = static_cast<float>(length) / static_cast<float>(resized);
  for (std::int64_t i = 0; i < count; ++i) {
    const float at = std::max(0.0f, scale * (static_cast<float>(from + i) + 0.5f) - 0.5f);
    const std::int64_t first = std::min(static_cast<std::int64_t>(at), length - 1);
    result.push_back({.first = begin + first,
                      .second = begin + std::min(first + 1, length - 1),
                      .share = at - static_cast<float>(first)});
  }
  return result;
}

using Pixel = std::array<float, 3>;

float grey(const Pixel& p) {
  return 0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2];
}

void blend(Pixel& pixel, float other, float factor) {
  for (float& value : pixel) value = std::clamp(other + factor * (value - other), 0.0f, 255.0f);
}

/// Towards black, towards the mean grey of the frame, towards the grey of the pixel.
void jitter(std::vector<Pixel>& pixels, const View& view) {
  for (Pixel& pixel : pixels) blend(pixel, 0, view.brightness);
  double sum = 0;
  for (const Pixel& pixel : pixels) sum += static_cast<double>(grey(pixel));
  const auto mean = static_cast<float>(sum / static_cast<double>(pixels.size()));
  for (Pixel& pixel : pixels) {
    blend(pixel, mean, view.contrast);
    blend(pixel, grey(pixel), view.saturation);
  }
}

/// The short side becomes `size`, the long one keeps the shape, rounded down.
View resized_whole(std::int64_t height, std::int64_t width, std::int64_t short_side, std::int64_t size) {
  View view = {.source = {.height = height, .width = width}, .size = size, .to_bytes = true};
  const auto along = [&](std::int64_t length, std::int64_t other) {
    return static_cast<std::int64_t>(static_cast<double>(short_side * length) / static_cast<double>(other));
  };
  view.resized_width = width < height ? short_side : along(width, height);
  view.resized_height = width < height ? along(height, width) : short_side;
  return view;
}

void check_sizes(std::int64_t height, std::int64_t width, std::int64_t size) {
  check(height >= 1 && width >= 1, "view: a frame must have at least one pixel, got {}x{}", width, height);
  check(size >= 1, "view: size must be at least 1, got {}", size);
}

}  // namespace

void Augmentation::validate() const {
  check(scale[0] > 0 && scale[0] <= scale[1] && scale[1] <= 1,
        "augmentation: scale must rise within (0, 1], got {} to {}", scale[0], scale[1]);
  check(ratio[0] > 0 && ratio[0] <= ratio[1], "augmentation: ratio must be positive and rise, got {} to {}", ratio[0],
        ratio[1]);
  check(jitter >= 0 && jitter <= 1, "augmentation: jitter must be from 0 to 1, got {}", jitter);
}

View random_view(std::int64_t height, std::int64_t width, std::int64_t size, const Augmentation& augmentation,
                 const Random& random, std::uint64_t counter) {
  check_sizes(height, width, size);
  augmentation.validate();
  View view = {.source = random_box(height, width, augmentation, random, counter),
               .resized_height = size,
               .resized_width = size,
               .size = size,
               .flip = augmentation.flip && random.uniform(counter + 40) < 0.5f};
  const auto factor = [&](std::uint64_t at) {
    return static_cast<float>(uniform(random, counter + at, 1 - augmentation.jitter, 1 + augmentation.jitter));
  };
  if (augmentation.jitter > 0) {
    view.brightness = factor(41);
    view.contrast = factor(42);
    view.saturation = factor(43);
  }
  return view;
}

View centre_view(std::int64_t height, std::int64_t width, std::int64_t size) {
  check_sizes(height, width, size);
  View view = resized_whole(height, width, size * 256 / 224, size);
  view.top = round_half_even(static_cast<double>(view.resized_height - size) / 2);
  view.left = round_half_even(static_cast<double>(view.resized_width - size) / 2);
  return view;
}

std::vector<View> evaluation_views(std::int64_t height, std::int64_t width, std::int64_t size, std::int64_t count) {
  check_sizes(height, width, size);
  check(count >= 1, "views: there must be at least 1, got {}", count);
  if (count == 1) return {centre_view(height, width, size)};
  std::vector<View> views;
  for (std::int64_t i = 0; i < count; ++i) {
    View view = resized_whole(height, width, size, size);
    const std::int64_t step = (std::max(view.resized_height, view.resized_width) - size) / (count - 1);
    (view.resized_height > view.resized_width ? view.top : view.left) = i * step;
    views.push_back(view);
  }
  return views;
}

void apply_view(const View& view, const Tensor& frame, const Tensor& clip, std::int64_t time) {
  const std::int64_t width = frame.size(1);
  const std::vector<Tap> rows = taps(view.source.top, view.source.height, view.resized_height, view.top, view.size);
  const std::vector<Tap> columns = taps(view.source.left, view.source.width, view.resized_width, view.left, view.size);
  const auto* in = frame.data<std::uint8_t>();
  const std::int64_t plane = view.size * view.size;
  std::vector<Pixel> pixels(static_cast<std::size_t>(plane));
  for (std::int64_t y = 0; y < view.size; ++y) {
    const Tap& row = rows[static_cast<std::size_t>(y)];
    const std::uint8_t* above = in + row.first * width * 3;
    const std::uint8_t* below = in + row.second * width * 3;
    for (std::int64_t x = 0; x < view.size; ++x) {
      const Tap& column = columns[static_cast<std::size_t>(x)];
      Pixel& pixel = pixels[static_cast<std::size_t>(y * view.size + (view.flip ? view.size - 1 - x : x))];
      for (std::int64_t c = 0; c < 3; ++c) {
        const auto mix = [&](const std::uint8_t* line) {
          const auto a = static_cast<float>(line[3 * column.first + c]);
          const auto b = static_cast<float>(line[3 * column.second + c]);
          return (1 - column.share) * a + column.share * b;
        };
        const float value = (1 - row.share) * mix(above) + row.share * mix(below);
        pixel[static_cast<std::size_t>(c)] = view.to_bytes ? std::nearbyint(value) : value;
      }
    }
  }
  if (view.brightness != 1 || view.contrast != 1 || view.saturation != 1) jitter(pixels, view);
  const std::int64_t frames = clip.size(1);
  for (std::size_t c = 0; c < 3; ++c) {
    float* out = clip.mutable_floats() + (static_cast<std::int64_t>(c) * frames + time) * plane;
    const float mean = 255 * kImageMean[c];
    const float deviation = 255 * kImageDeviation[c];
    for (std::int64_t i = 0; i < plane; ++i) out[i] = (pixels[static_cast<std::size_t>(i)][c] - mean) / deviation;
  }
}

}  // namespace sequent
