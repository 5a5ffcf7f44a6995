#include "sequent/video/synthetic.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/random.h"
#include "sequent/base/threads.h"
#include "sequent/base/word_hash.h"
#include "sequent/video/video_writer.h"

namespace sequent {
namespace {

/// What changes from frame to frame: where, which way, how large.
struct Motion {
  std::string_view name;
  double right, down, turn, growth;
};
constexpr std::array<Motion, 8> kMotions = {{
    {"left", -1, 0, 0, 0},
    {"right", 1, 0, 0, 0},
    {"up", 0, -1, 0, 0},
    {"down", 0, 1, 0, 0},
    {"clockwise", 0, 0, 1, 0},
    {"counterclockwise", 0, 0, -1, 0},
    {"growing", 0, 0, 0, 1},
    {"shrinking", 0, 0, 0, -1},
}};
constexpr auto kNames = [] {
  std::array<std::string_view, kMotions.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kMotions[i].name;
  return names;
}();

// Per frame, each times a factor from 0.7 to 1.3.
constexpr double kShift = 0.03;   // of the frame
constexpr double kTurn = 0.15;    // radians
constexpr double kGrowth = 0.04;  // of the way from the smallest size to the largest
constexpr double kSmallest = 0.1, kLargest = 0.3;
constexpr double kFullTurn = 2 * std::numbers::pi;

double fraction(double x) {
  return x - std::floor(x);
}

class Draws {
 public:
  Draws(const SyntheticVideos& settings, std::int64_t index, std::int64_t part)
      : random_(Random(static_cast<std::uint64_t>(settings.seed), Random::stream_of("synthetic"))
                    .bits(static_cast<std::uint64_t>(index)),
                static_cast<std::uint64_t>(part)) {}
  double next() { return static_cast<double>(random_.uniform(counter_++)); }
  double next(double low, double high) { return low + (high - low) * next(); }

 private:
  Random random_;
  std::uint64_t counter_ = 0;
};

/// Grey noise that looks alike at every scale. What all parts of a video share and a frame shows, such as its colours
/// or how coarse it is, would be the first thing, if not the only one, that an encoder learns from predicting hidden
/// parts; here they share motion. It is the sum of copies of one noise, each kLargest / kSmallest times as fine as the
/// one before, faded in and out by how coarse they appear in the frame, so that growing from the smallest size to the
/// largest leads back to where it began.
class Texture {
 public:
  explicit Texture(Draws& draw) : seed_(static_cast<std::uint64_t>(draw.next() * 0x1p24)) {}
  /// From 0 to 1, at a point as seen by something of this size.
  double at(double x, double y, double size) const {
    const double octave = std::log(size / kSmallest) / std::log(kLargest / kSmallest);  // from 0 to 1
    double sum = 0, squares = 0;
    for (int copy = 0; copy < kCopies; ++copy) {
      const double height = (copy + 1 - octave) / kCopies;  // from 0 to 1, finer upwards
      const double weight = 1 - std::cos(kFullTurn * height);
      const double scale = kGrid * std::pow(kLargest / kSmallest, copy);
      sum += weight * (noise(scale * x, scale * y) - 0.5);
      squares += weight * weight;
    }
    return std::clamp(0.5 + kContrast * sum / std::sqrt(squares), 0.0, 1.0);
  }

 private:
  static constexpr int kCopies = 4;
  static constexpr double kGrid = 0.75;  // lines of the coarsest copy within a size
  static constexpr double kContrast = 1.2;

  static double eased(double t) { return t * t * (3 - 2 * t); }
  /// Evenly distributed numbers on a grid, smoothly joined.
  double noise(double x, double y) const {
    const double column = std::floor(x), row = std::floor(y);
    const double right = eased(x - column), down = eased(y - row);
    const auto i = static_cast<std::int64_t>(column), j = static_cast<std::int64_t>(row);
    return (1 - down) * ((1 - right) * node(i, j) + right * node(i + 1, j)) +
           down * ((1 - right) * node(i, j + 1) + right * node(i + 1, j + 1));
  }
  double node(std::int64_t i, std::int64_t j) const {
    const std::uint64_t of_row = mix_bits(seed_ * 0x9E3779B97F4A7C15ull + static_cast<std::uint64_t>(j));
    return static_cast<double>(mix_bits(of_row + static_cast<std::uint64_t>(i)) >> 40) * 0x1p-24;
  }

  std::uint64_t seed_;
};

/// Bar, triangle, cross or corner within [-1, 1] x [-1, 1]: none looks the same when turned a little.
bool inside(int kind, double x, double y) {
  if (std::abs(x) > 1 || std::abs(y) > 1) return false;
  switch (kind) {
    case 0:
      return std::abs(y) < 0.5;
    case 1:
      return std::abs(x) < 0.5 * (y + 1);
    case 2:
      return std::abs(x) < 0.35 || std::abs(y) < 0.35;
    default:
      return x < -0.3 || y > 0.3;
  }
}

struct Shape2d {
  Shape2d(const SyntheticVideos& settings, std::int64_t index, std::int64_t shape)
      : draw(settings, index, 2 * shape + 2), kind(std::min(3, static_cast<int>(draw.next(0, 4)))), texture(draw) {}
  Draws draw;
  int kind;
  Texture texture;
};

/// Where motion has carried what began at a place of its own, in the plane.
ShapeState moved(const SyntheticVideos& settings, std::int64_t index, std::int64_t part, std::int64_t time) {
  Draws draw(settings, index, part);
  const Motion& motion = kMotions[static_cast<std::size_t>(index) % kMotions.size()];
  const auto t = static_cast<double>(time) * draw.next(0.7, 1.3);
  ShapeState state;
  state.x = draw.next() + motion.right * kShift * t;
  state.y = draw.next() + motion.down * kShift * t;
  state.angle = kFullTurn * fraction(draw.next() + motion.turn * kTurn / kFullTurn * t);
  state.size = kSmallest * std::pow(kLargest / kSmallest, fraction(draw.next() + motion.growth * kGrowth * t));
  return state;
}

/// A point as seen by something at this place, turned clockwise (y points down) and of this size.
std::array<double, 2> seen_from(const ShapeState& state, double dx, double dy) {
  return {(dx * std::cos(state.angle) + dy * std::sin(state.angle)) / state.size,
          (dy * std::cos(state.angle) - dx * std::sin(state.angle)) / state.size};
}

/// From the centre of a shape to a point, the short way around the torus.
double around(double from, double to) {
  return fraction(to - from + 0.5) - 0.5;
}

}  // namespace

void SyntheticVideos::validate() const {
  check(videos >= 1, "synth: videos must be at least 1, got {}", videos);
  check(frames >= 1 && frames <= 10000, "synth: frames must be from 1 to 10000, got {}", frames);
  check(size >= 16 && size <= 1024 && size % 2 == 0, "synth: size must be even and from 16 to 1024, got {}", size);
  check(shapes >= 1 && shapes <= 100, "synth: shapes must be from 1 to 100, got {}", shapes);
}

std::span<const std::string_view> motion_names() {
  return kNames;
}

ShapeState synthetic_shape(const SyntheticVideos& settings, std::int64_t index, std::int64_t shape, std::int64_t time) {
  ShapeState state = moved(settings, index, 2 * shape + 1, time);
  state.x = fraction(state.x);
  state.y = fraction(state.y);
  return state;
}

Tensor synthetic_video(const SyntheticVideos& settings, std::int64_t index) {
  settings.validate();
  check(index >= 0, "synth: videos are numbered from 0, got {}", index);
  Draws draw(settings, index, 0);
  const Texture background(draw);
  std::vector<Shape2d> shapes;
  for (std::int64_t s = 0; s < settings.shapes; ++s) shapes.emplace_back(settings, index, s);
  const Tensor video = Tensor::empty({settings.frames, settings.size, settings.size, 3}, DType::u8);
  std::uint8_t* out = video.mutable_data<std::uint8_t>();
  constexpr int kSamples = 2;  // each way, so that edges are smooth
  std::vector<ShapeState> states(shapes.size());
  for (std::int64_t t = 0; t < settings.frames; ++t) {
    const ShapeState ground = moved(settings, index, -1, t);
    for (std::size_t s = 0; s < shapes.size(); ++s) {
      states[s] = synthetic_shape(settings, index, static_cast<std::int64_t>(s), t);
    }
    const auto grey_at = [&](double x, double y) {
      for (std::size_t s = shapes.size(); s-- > 0;) {
        const auto [u, v] = seen_from(states[s], around(states[s].x, x), around(states[s].y, y));
        if (inside(shapes[s].kind, u, v)) return shapes[s].texture.at(u, v, states[s].size);
      }
      const auto [u, v] = seen_from(ground, x - ground.x, y - ground.y);
      return background.at(u, v, ground.size);
    };
    for (std::int64_t i = 0; i < settings.size * settings.size; ++i) {
      double sum = 0;
      for (int k = 0; k < kSamples * kSamples; ++k) {
        const auto place = [&](std::int64_t pixel, int sub) {
          return (static_cast<double>(pixel) + (sub + 0.5) / kSamples) / static_cast<double>(settings.size);
        };
        sum += grey_at(place(i % settings.size, k % kSamples), place(i / settings.size, k / kSamples));
      }
      out = std::fill_n(out, 3, static_cast<std::uint8_t>(std::lround(255 * sum / (kSamples * kSamples))));
    }
  }
  return video;
}

void write_synthetic_videos(const SyntheticVideos& settings, const std::string& directory,
                            const std::function<void(std::int64_t)>& progress) {
  settings.validate();
  for (const std::string_view name : kNames) make_directories(directory + "/" + std::string(name));
  constexpr std::int64_t kAtOnce = 16;
  for (std::int64_t begin = 0; begin < settings.videos; begin += kAtOnce) {
    const std::int64_t count = std::min(kAtOnce, settings.videos - begin);
    parallel_tasks(count, [&](std::int64_t i) {
      const std::int64_t index = begin + i;
      const Tensor video = synthetic_video(settings, index);
      VideoWriter writer(
          fmt::format("{}/{}/{:06}.mp4", directory, kNames[static_cast<std::size_t>(index) % kNames.size()], index),
          settings.size, settings.size, 12);
      for (std::int64_t t = 0; t < settings.frames; ++t) {
        writer.add(video.slice(t, t + 1).reshape({settings.size, settings.size, 3}));
      }
      writer.finish();
    });
    if (progress) progress(begin + count);
  }
}

}  // namespace sequent
