#include "sequent/nn/tubelets.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

// Clips whose pixels are their place in memory.
Tensor counted(const Shape& shape) {
  const Tensor clips = Tensor::empty(shape);
  for (std::int64_t i = 0; i < clips.elements(); ++i) clips.mutable_floats()[i] = static_cast<float>(i);
  return clips;
}

TEST(Tubelets, EachHoldsItsPixelsByChannelFrameRowAndColumn) {
  const Tensor clips = counted({2, 3, 4, 4, 6});
  const TubeletSize size = {.frames = 2, .patch = 2};
  const TokenGrid grid = grid_of(clips, size);
  EXPECT_EQ(grid, (TokenGrid{2, 2, 3}));
  const Tensor all = tubelets(clips, size, TokenSets::all(2, grid));
  ASSERT_EQ(all.shape(), (Shape{24, 24}));
  for (std::int64_t clip = 0; clip < 2; ++clip) {
    for (std::int64_t token = 0; token < 12; ++token) {
      const std::int64_t d = token / 6, h = token / 3 % 2, w = token % 3;
      for (std::int64_t element = 0; element < 24; ++element) {
        const std::int64_t channel = element / 8, t = element / 4 % 2, y = element / 2 % 2, x = element % 2;
        const std::int64_t place = (((clip * 3 + channel) * 4 + 2 * d + t) * 4 + 2 * h + y) * 6 + 2 * w + x;
        EXPECT_EQ(all.floats()[(clip * 12 + token) * 24 + element], static_cast<float>(place));
      }
    }
  }
}

TEST(Tubelets, SetsChooseTokensAndGoRoundTheClips) {
  const Tensor clips = counted({2, 1, 1, 1, 4});
  const TokenSets sets = {.ids = {3, 0, 1, 2, 2}, .segments = Segments({0, 1, 3, 4, 5})};
  const Tensor chosen = tubelets(clips, {.frames = 1, .patch = 1}, sets);
  EXPECT_EQ(test::to_doubles(chosen), (std::vector<double>{3, 4, 5, 2, 6}));
}

TEST(Tubelets, RefusesWhatDoesNotFit) {
  EXPECT_EQ(test::error_of([] {
              grid_of(Tensor::zeros({1, 3, 4, 8}), {});
            }),
            "tubelets: clips must be [clips, channels, frames, height, width], got [1, 3, 4, 8]");
  EXPECT_EQ(test::error_of([] {
              grid_of(Tensor::zeros({1, 3, 3, 16, 24}), {});
            }),
            "tubelets: frames, height and width must be multiples of 2, 16 and 16, got 3, 16 and 24");
  EXPECT_EQ(test::error_of([] {
              grid_of(Tensor::zeros({1, 3, 3, 16, 24}), {.frames = 0});
            }),
            "tubelets: sizes must be positive, got 0 frames and a patch of 16");
  const Tensor clips = Tensor::zeros({2, 3, 2, 16, 16});
  EXPECT_EQ(test::error_of([&] {
              tubelets(clips, {}, TokenSets::all(3, {1, 1, 1}));
            }),
            "tubelets: there must be as many sets as clips, or a multiple, got 3 for 2");
  EXPECT_EQ(test::error_of([&] {
              tubelets(clips, {}, {.ids = {0, 1}, .segments = Segments({0, 1, 2})});
            }),
            "tubelets: token ids must be from 0 to 0, got 1");
}

}  // namespace
}  // namespace sequent
