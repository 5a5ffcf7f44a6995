#include "sequent/nn/grid_positions.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

// Channel c of an axis of `channels`, at position p.
double expected_channel(double p, std::int64_t c, std::int64_t channels) {
  const std::int64_t half = channels / 2;
  const double angle = p * std::pow(10000.0, -static_cast<double>(c % half) / static_cast<double>(half));
  return c < half ? std::sin(angle) : std::cos(angle);
}

TEST(GridPositions, UniformAxesAreCutOffAtTheWidth) {
  // 2 ceil(10 / 6) = 4 channels for each of three axes: 12, of which the last two cosines fall away.
  const Tensor positions = sine_cosine_positions({2, 3, 4}, 10, true);
  ASSERT_EQ(positions.shape(), (Shape{24, 10}));
  const std::int64_t token = (1 * 3 + 2) * 4 + 3;
  for (std::int64_t c = 0; c < 10; ++c) {
    const double p = c < 4 ? 1 : c < 8 ? 2 : 3;
    EXPECT_NEAR(positions.floats()[token * 10 + c], expected_channel(p, c % 4, 4), 1e-7) << c;
  }
}

TEST(GridPositions, OtherwiseDepthHasHalfOfTheWidth) {
  const Tensor positions = sine_cosine_positions({3, 2, 2}, 16, false);
  const std::int64_t token = (2 * 2 + 1) * 2 + 0;
  for (std::int64_t c = 0; c < 16; ++c) {
    const double expected = c < 8    ? expected_channel(2, c, 8)
                            : c < 12 ? expected_channel(1, c - 8, 4)
                                     : expected_channel(0, c - 12, 4);
    EXPECT_NEAR(positions.floats()[token * 16 + c], expected, 1e-7) << c;
  }
  EXPECT_EQ(test::error_of([] {
              sine_cosine_positions({1, 1, 1}, 12, false);
            }),
            "positions: the width must be a multiple of 8, got 12");
}

TEST(GridPositions, ResamplingInterpolatesBetweenMiddlesOfCells) {
  // A linear function of the place stays one, but for the half cells at the ends, where the nearest cell counts.
  const TokenGrid from = {2, 3, 4}, to = {4, 6, 2};
  const Tensor table = Tensor::empty({from.tokens(), 1});
  for (std::int64_t i = 0; i < from.tokens(); ++i) {
    table.mutable_floats()[i] = static_cast<float>(100 * (i / 12) + 10 * (i / 4 % 3) + i % 4);
  }
  const Tensor resampled = resampled_positions(table, from, to);
  ASSERT_EQ(resampled.shape(), (Shape{to.tokens(), 1}));
  const auto place = [](std::int64_t i, double step, double last) {
    return std::clamp((static_cast<double>(i) + 0.5) * step - 0.5, 0.0, last);
  };
  for (std::int64_t i = 0; i < to.tokens(); ++i) {
    const double expected = 100 * place(i / 12, 0.5, 1) + 10 * place(i / 2 % 6, 0.5, 2) + place(i % 2, 2.0, 3);
    EXPECT_NEAR(resampled.floats()[i], expected, 1e-5) << i;
  }
  EXPECT_EQ(resampled_positions(table, from, from).raw(), table.raw());
}

TEST(GridPositions, RotationTurnsEachAxisByItsPlaceWithTheTiledFrequencies) {
  // Width 14: 4 channels for each axis with frequencies 1 and 0.01, then two that stay.
  const std::vector<std::int32_t> ids = {0, 23};
  const GridRotation rotation(ids, {2, 3, 4}, 14);
  const auto x = test::random_values(2 * 28, "x");
  const auto y = test::to_doubles(rotation(test::to_tensor(x, {2, 28}), 2).value());
  const double place[] = {1, 2, 3};
  std::vector<double> expected = x;
  for (std::size_t head = 0; head < 2; ++head) {
    for (std::size_t c = 0; c < 12; ++c) {
      const double angle = place[c / 4] * (c % 2 == 0 ? 1.0 : 0.01);
      const std::size_t at = 28 + head * 14 + c;
      const double other = c % 2 == 0 ? -x[at + 1] : x[at - 1];
      expected[at] = x[at] * std::cos(angle) + other * std::sin(angle);
    }
  }
  test::expect_close(y, expected, 3e-7, "y");
}

}  // namespace
}  // namespace sequent
