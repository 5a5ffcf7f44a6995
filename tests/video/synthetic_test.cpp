#include "sequent/video/synthetic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <tuple>

#include "sequent/base/files.h"
#include "sequent/base/threads.h"
#include "sequent/video/video_list.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

double fraction(double x) {
  return x - std::floor(x);
}

// What the label must not be readable from: the mean of every quantity over many videos at each time, by motion.
TEST(SyntheticVideos, LookTheSameAtAnyInstantWhateverTheMotion) {
  const SyntheticVideos settings;
  constexpr std::int64_t kVideos = 3000;
  for (std::int64_t motion = 0; motion < 8; ++motion) {
    for (const std::int64_t time : {0, 13, 31}) {
      std::array<std::array<double, 4>, 4> quarters = {};
      for (std::int64_t i = 0; i < kVideos; ++i) {
        const ShapeState state = synthetic_shape(settings, 8 * i + motion, 1, time);
        const std::array<double, 4> places = {state.x, state.y, state.angle / (2 * std::numbers::pi),
                                              std::log(state.size / 0.1) / std::log(3.0)};
        for (std::size_t q = 0; q < 4; ++q) {
          ASSERT_TRUE(places[q] >= 0 && places[q] <= 1) << q << ": " << places[q];
          quarters[q][static_cast<std::size_t>(std::min(3.0, 4 * places[q]))] += 1.0 / kVideos;
        }
      }
      for (const auto& quantity : quarters) {
        for (const double share : quantity) EXPECT_NEAR(share, 0.25, 0.032);  // four deviations
      }
    }
  }
}

TEST(SyntheticVideos, MoveAsTheirLabelSays) {
  const SyntheticVideos settings;
  for (std::int64_t index = 0; index < 64; ++index) {
    const std::string_view name = motion_names()[static_cast<std::size_t>(index % 8)];
    const ShapeState before = synthetic_shape(settings, index, 0, 4);
    const ShapeState after = synthetic_shape(settings, index, 0, 5);
    const auto moved = [](double from, double to) { return fraction(to - from + 0.5) - 0.5; };
    const double x = moved(before.x, after.x), y = moved(before.y, after.y);
    const double turn = moved(before.angle / 6.2831853, after.angle / 6.2831853);
    const double growth = moved(std::log(before.size) / std::log(3.0), std::log(after.size) / std::log(3.0));
    const auto sign = [](double value) { return std::abs(value) < 1e-6 ? 0 : value > 0 ? 1 : -1; };
    EXPECT_EQ(sign(x), name == "right" ? 1 : name == "left" ? -1 : 0) << name;
    EXPECT_EQ(sign(y), name == "down" ? 1 : name == "up" ? -1 : 0) << name;
    EXPECT_EQ(sign(turn), name == "clockwise" ? 1 : name == "counterclockwise" ? -1 : 0) << name;
    EXPECT_EQ(sign(growth), name == "growing" ? 1 : name == "shrinking" ? -1 : 0) << name;
  }
}

// Frame 1 of a video that moves to the right is frame 0 moved by what lies between the two, wherever the background is:
// the best of all shifts is the one of the background, 0.7 to 1.3 times 0.03 of the frame.
TEST(SyntheticVideos, ShowTheirMotion) {
  const SyntheticVideos settings = {.frames = 2, .size = 128, .shapes = 1};
  for (const auto& [index, right, down] : {std::tuple{0, -1, 0}, {1, 1, 0}, {2, 0, -1}, {3, 0, 1}}) {
    const Tensor video = synthetic_video(settings, 8 + index);
    EXPECT_EQ(video.shape(), (Shape{2, 128, 128, 3}));
    const auto pixel = [&](std::int64_t t, std::int64_t y, std::int64_t x) {
      return static_cast<double>(video.data<std::uint8_t>()[((t * 128 + y) * 128 + x) * 3]);
    };
    double best = 1e30;
    std::pair<int, int> shift;
    for (int dy = -6; dy <= 6; ++dy) {
      for (int dx = -6; dx <= 6; ++dx) {
        double error = 0;
        for (std::int64_t y = 8; y < 120; y += 2) {
          for (std::int64_t x = 8; x < 120; x += 2) error += std::abs(pixel(1, y, x) - pixel(0, y - dy, x - dx));
        }
        if (error < best) {
          best = error;
          shift = {dx, dy};
        }
      }
    }
    const auto wanted = [](int moved, int direction) {
      return direction == 0 ? moved == 0 : moved * direction >= 2 && moved * direction <= 6;
    };
    EXPECT_TRUE(wanted(shift.first, right) && wanted(shift.second, down))
        << motion_names()[static_cast<std::size_t>(index)] << ": " << shift.first << ", " << shift.second;
  }
}

// Growing leads from the largest size back to the smallest, and that is not to be seen: the background is alike at
// both.
TEST(SyntheticVideos, ChangeSteadilyThroughout) {
  const SyntheticVideos settings = {.frames = 48, .shapes = 1};
  for (const std::int64_t motion : {6, 7}) {
    for (std::int64_t index = motion; index < 64; index += 8) {
      const Tensor video = synthetic_video(settings, index);
      const std::uint8_t* values = video.data<std::uint8_t>();
      const std::int64_t frame = video.elements() / settings.frames;
      std::vector<double> changes;
      for (std::int64_t t = 1; t < settings.frames; ++t) {
        double change = 0;
        for (std::int64_t i = t * frame; i < (t + 1) * frame; ++i) change += std::abs(values[i] - values[i - frame]);
        changes.push_back(change);
      }
      std::ranges::sort(changes);
      EXPECT_LT(changes.back(), 2 * changes[changes.size() / 2]) << index;
    }
  }
}

TEST(SyntheticVideos, BecomeFilesInFoldersOfTheirLabels) {
  const test::TemporaryDirectory one, two;
  const SyntheticVideos settings = {.videos = 10, .frames = 3, .size = 32};
  std::int64_t done = 0;
  write_synthetic_videos(settings, one.path().string(), [&](std::int64_t count) { done = count; });
  EXPECT_EQ(done, 10);
  const VideoList list = VideoList::open(one.path().string());
  EXPECT_EQ(list.entries.size(), 10u);
  EXPECT_EQ(list.labels.size(), 8u);
  list.check_labelled();
  const int threads = thread_count();
  set_thread_count(1);
  write_synthetic_videos(settings, two.path().string());
  set_thread_count(threads);
  EXPECT_EQ(read_text(one / "left/000008.mp4"), read_text(two / "left/000008.mp4"));
  EXPECT_NE(read_text(one / "left/000008.mp4"), read_text(one / "left/000000.mp4"));
}

TEST(SyntheticVideos, RefuseSizesOutOfRange) {
  EXPECT_EQ(test::error_of([] { SyntheticVideos{.videos = 0}.validate(); }), "synth: videos must be at least 1, got 0");
  EXPECT_EQ(test::error_of([] { SyntheticVideos{.frames = 0}.validate(); }),
            "synth: frames must be from 1 to 10000, got 0");
  EXPECT_EQ(test::error_of([] { SyntheticVideos{.size = 33}.validate(); }),
            "synth: size must be even and from 16 to 1024, got 33");
  EXPECT_EQ(test::error_of([] { SyntheticVideos{.shapes = 0}.validate(); }),
            "synth: shapes must be from 1 to 100, got 0");
  EXPECT_EQ(test::error_of([] { synthetic_video({}, -1); }), "synth: videos are numbered from 0, got -1");
}

}  // namespace
}  // namespace sequent
