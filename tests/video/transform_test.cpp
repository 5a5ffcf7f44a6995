#include "sequent/video/transform.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sequent/checkpoint/safetensors.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

const Random kRandom(3, 4);

std::vector<double> viewed(const View& view, const Tensor& frame) {
  const Tensor clip = Tensor::zeros({3, 1, view.size, view.size});
  apply_view(view, frame, clip, 0);
  return test::to_doubles(clip);
}

View cropped(const Box& box, std::int64_t size, bool flip = false) {
  return {.source = box, .resized_height = size, .resized_width = size, .size = size, .flip = flip};
}

class GoldenViews : public testing::Test {
 protected:
  void expect(const std::string& name, const View& view, double tolerance) const {
    test::expect_close(viewed(view, picture), test::to_doubles(file.tensor(name)), tolerance, name);
  }
  const TensorFile file = TensorFile::open(SEQUENT_SOURCE_DIR "/tests/golden/video/views.safetensors");
  const Tensor picture = file.tensor("picture");
};

TEST_F(GoldenViews, OfTrainingAreThoseOfTorch) {
  expect("smaller", cropped({3, 5, 30, 41}, 16), 1e-5);
  expect("larger", cropped({20, 30, 9, 11}, 24), 1e-5);
  expect("flipped", cropped({0, 0, 37, 53}, 20, true), 1e-5);
}

// OpenCV computes in fixed point, so that one in some hundred values is rounded to the level beside; a level is 0.0175
// of values up to 2.6.
TEST_F(GoldenViews, OfEvaluationAreThoseOfOpenCv) {
  constexpr double kLevel = 0.0176 / 2.2;
  expect("centre", centre_view(37, 53, 24), kLevel);
  const std::vector<View> views = evaluation_views(37, 53, 24, 3);
  ASSERT_EQ(views.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) expect("side" + std::to_string(i), views[i], kLevel);
  const std::vector<double> ours = viewed(views[1], picture);
  const std::vector<double> theirs = test::to_doubles(file.tensor("side1"));
  std::size_t same = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) same += std::abs(ours[i] - theirs[i]) < 1e-5 ? 1 : 0;
  EXPECT_GT(same, ours.size() * 85 / 100);
}

TEST(Views, OfTallFramesLieBelowOneAnother) {
  const std::vector<View> views = evaluation_views(50, 30, 30, 3);
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(views[static_cast<std::size_t>(i)].top, 10 * i);
    EXPECT_EQ(views[static_cast<std::size_t>(i)].left, 0);
  }
  const std::vector<View> one = evaluation_views(50, 30, 28, 1);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].resized_width, 32);  // 28 * 256 / 224
}

TEST(RandomViews, HaveThePublishedAreasAndShapes) {
  constexpr std::int64_t kHeight = 240, kWidth = 320;
  constexpr int kCount = 4000;
  double area = 0, ratio = 0, flips = 0, smallest = 1, largest = 0, left = 0;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const View view = random_view(kHeight, kWidth, 112, {}, kRandom, i * kViewDraws);
    const Box& box = view.source;
    ASSERT_TRUE(box.top >= 0 && box.left >= 0 && box.top + box.height <= kHeight && box.left + box.width <= kWidth);
    const double share = static_cast<double>(box.height * box.width) / (kHeight * kWidth);
    const double shape = static_cast<double>(box.width) / static_cast<double>(box.height);
    EXPECT_TRUE(shape > 0.74 && shape < 1.37) << shape;
    area += share / kCount;
    ratio += std::log(shape) / kCount;
    flips += view.flip ? 1.0 / kCount : 0;
    smallest = std::min(smallest, share);
    largest = std::max(largest, share);
    if (kWidth > box.width) left += static_cast<double>(box.left) / static_cast<double>(kWidth - box.width) / kCount;
  }
  EXPECT_NEAR(smallest, 0.3, 0.01);
  EXPECT_GT(largest, 0.9);
  EXPECT_NEAR(flips, 0.5, 0.03);
  EXPECT_NEAR(left, 0.5, 0.02);
  // Boxes higher than the frame are drawn again, so large areas are rarer than in U(0.3, 1), and wide shapes likelier.
  EXPECT_TRUE(area > 0.55 && area < 0.65) << area;
  EXPECT_TRUE(ratio > 0.0 && ratio < 0.1) << ratio;
}

TEST(RandomViews, AreCentralWhereNothingFits) {
  const View wide = random_view(10, 1000, 8, {}, kRandom, 0);
  EXPECT_EQ(wide.source.height, 10);
  EXPECT_EQ(wide.source.width, 14);  // round(10 * 1.35), half to even
  EXPECT_EQ(wide.source.left, 493);
  const View tall = random_view(1000, 9, 8, {}, kRandom, 0);
  EXPECT_EQ(tall.source.height, 12);
  EXPECT_EQ(tall.source.top, 494);
  const View pixel = random_view(1, 1, 8, {}, kRandom, 0);
  EXPECT_EQ(pixel.source.height * pixel.source.width, 1);
}

TEST(RandomViews, JitterOnlyWhenAsked) {
  const View plain = random_view(40, 40, 16, {}, kRandom, 0);
  EXPECT_EQ(plain.brightness, 1);
  const View view = random_view(40, 40, 16, {.jitter = 0.5}, kRandom, 0);
  EXPECT_EQ(view.source.left, plain.source.left);
  for (const float factor : {view.brightness, view.contrast, view.saturation}) {
    EXPECT_TRUE(factor != 1 && factor >= 0.5f && factor <= 1.5f);
  }
}

TEST(ApplyView, ChangesBrightnessContrastAndSaturation) {
  const std::vector<std::uint8_t> bytes = {100, 150, 50, 200, 100, 0};
  const Tensor frame = Tensor::from(std::span<const std::uint8_t>(bytes), {1, 2, 3});
  View view = cropped({0, 0, 1, 2}, 2);
  const auto levels = [&] {
    std::vector<double> values = viewed(view, frame);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = 255 * (values[i] * kImageDeviation[i / 4] + kImageMean[i / 4]);
    return std::vector<double>{values[0], values[4], values[8], values[1], values[5], values[9]};  // of the upper row
  };
  const auto expect = [&](const std::vector<double>& expected, const char* what) {
    test::expect_close(levels(), expected, 1e-5, what);
  };
  expect({100, 150, 50, 200, 100, 0}, "none");
  view.brightness = 1.5f;
  expect({150, 225, 75, 255, 150, 0}, "brightness");
  view.brightness = 1;
  view.saturation = 0;
  const double first = 0.299 * 100 + 0.587 * 150 + 0.114 * 50, second = 0.299 * 200 + 0.587 * 100;
  expect({first, first, first, second, second, second}, "saturation");
  view.saturation = 1;
  view.contrast = 0.5f;
  const double mean = (first + second) / 2;
  expect({(100 + mean) / 2, (150 + mean) / 2, (50 + mean) / 2, (200 + mean) / 2, (100 + mean) / 2, mean / 2},
         "contrast");
}

TEST(Augmentation, RefusesWhatIsOutOfRange) {
  EXPECT_EQ(test::error_of([] {
              Augmentation{.scale = {0.5, 0.3}}.validate();
            }),
            "augmentation: scale must rise within (0, 1], got 0.5 to 0.3");
  EXPECT_EQ(test::error_of([] {
              Augmentation{.ratio = {0, 1}}.validate();
            }),
            "augmentation: ratio must be positive and rise, got 0 to 1");
  EXPECT_EQ(test::error_of([] { Augmentation{.jitter = 2}.validate(); }),
            "augmentation: jitter must be from 0 to 1, got 2");
  EXPECT_EQ(test::error_of([] { random_view(0, 4, 8, {}, kRandom, 0); }),
            "view: a frame must have at least one pixel, got 4x0");
  EXPECT_EQ(test::error_of([] { centre_view(4, 4, 0); }), "view: size must be at least 1, got 0");
  EXPECT_EQ(test::error_of([] { evaluation_views(4, 4, 4, 0); }), "views: there must be at least 1, got 0");
}

}  // namespace
}  // namespace sequent
