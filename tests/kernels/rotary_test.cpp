#include "sequent/kernels/rotary.h"

#include <gtest/gtest.h>

#include "sequent/kernels/reference/rotary.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using test::random_values;

template <class Real>
struct Case {
  std::vector<Real> x, y;
  std::vector<std::int64_t> positions;
  std::vector<double> frequencies;
  std::int64_t heads, width;
  kernels::RotaryPairs pairs;

  Case(std::vector<std::int64_t> positions_, std::int64_t heads_, std::int64_t width_, kernels::RotaryPairs pairs_)
      : positions(std::move(positions_)), heads(heads_), width(width_), pairs(pairs_) {
    const std::int64_t count = static_cast<std::int64_t>(positions.size()) * heads * width;
    const std::vector<double> doubles = random_values(count, "x");
    x.assign(doubles.begin(), doubles.end());
    y.resize(x.size());
    for (std::int64_t j = 0; j < width / 2; ++j) frequencies.push_back(std::pow(10000.0, -2.0 * j / width));
  }
  kernels::Rotary<Real> args(const Real* from, Real* to, int direction = 1) {
    return {.x = from,
            .y = to,
            .positions = positions.data(),
            .frequencies = frequencies.data(),
            .tokens = static_cast<std::int64_t>(positions.size()),
            .heads = heads,
            .width = width,
            .direction = direction,
            .pairs = pairs};
  }
};

class RotaryReference : public testing::TestWithParam<kernels::RotaryPairs> {};
class Rotary : public testing::TestWithParam<kernels::RotaryPairs> {};

TEST_P(RotaryReference, TurningBackIsTheGradient) {
  Case<double> c({0, 1, 7, -3}, 2, 6, GetParam());
  const std::vector<double> dy = random_values(static_cast<std::int64_t>(c.x.size()), "dy");
  std::vector<double> dx(c.x.size());
  kernels::reference::rotary(c.args(dy.data(), dx.data(), -1));
  test::expect_gradient(
      c.x, dx,
      [&] {
        kernels::reference::rotary(c.args(c.x.data(), c.y.data()));
        return test::weighted_sum(c.y, dy);
      },
      "dx");
}

TEST_P(Rotary, MatchesReferenceOnEveryTargetAndWidth) {
  test::for_each_simd_target([] {
    for (const std::int64_t width : {2, 4, 6, 14, 16, 18, 32, 34, 64, 66, 128, 200, 256}) {
      SCOPED_TRACE(width);
      // Early, repeated, negative and very late positions: the angle must not lose digits with the position.
      const std::vector<std::int64_t> positions = {0, 1, 2, 3, 5, 5, 100, 8191, 131071, 10000019, -1, -77, 0};
      for (const int direction : {1, -1}) {
        Case<double> expected(positions, 3, width, GetParam());
        Case<float> actual(positions, 3, width, GetParam());
        kernels::reference::rotary(expected.args(expected.x.data(), expected.y.data(), direction));
        kernels::rotary(kernels::Cpu{}, actual.args(actual.x.data(), actual.y.data(), direction));
        test::expect_close(actual.y, expected.y, 3e-7, "y");
      }
    }
  });
}

TEST_P(Rotary, WorksInPlace) {
  Case<float> c({3, 4, 5}, 2, 36, GetParam());
  kernels::rotary(kernels::Cpu{}, c.args(c.x.data(), c.y.data()));
  kernels::rotary(kernels::Cpu{}, c.args(c.x.data(), c.x.data()));
  EXPECT_EQ(c.x, c.y);
}

const auto kBothPairs = testing::Values(kernels::RotaryPairs::half_split, kernels::RotaryPairs::interleaved);
const auto kPairsName = [](const auto& test) {
  return test.param == kernels::RotaryPairs::half_split ? "half_split" : "interleaved";
};
INSTANTIATE_TEST_SUITE_P(Pairs, RotaryReference, kBothPairs, kPairsName);
INSTANTIATE_TEST_SUITE_P(Pairs, Rotary, kBothPairs, kPairsName);

}  // namespace
}  // namespace sequent
