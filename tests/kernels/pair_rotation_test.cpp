#include "sequent/kernels/pair_rotation.h"

#include <gtest/gtest.h>

#include "sequent/kernels/reference/pair_rotation.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

template <class Real>
std::vector<Real> values(std::int64_t count, const char* name) {
  const std::vector<double> doubles = test::random_values(count, name);
  return {doubles.begin(), doubles.end()};
}

template <class Real>
kernels::PairRotation<Real> rotation(const std::vector<Real>& x, std::vector<Real>& y, const std::vector<Real>& cosines,
                                     const std::vector<Real>& sines, std::int64_t heads, std::int64_t width,
                                     bool transpose) {
  return {.x = x.data(),
          .y = y.data(),
          .cosines = cosines.data(),
          .sines = sines.data(),
          .tokens = static_cast<std::int64_t>(cosines.size()) / width,
          .heads = heads,
          .width = width,
          .transpose = transpose};
}

TEST(PairRotationReference, TransposedIsTheGradient) {
  const std::int64_t tokens = 3, heads = 2, width = 6;
  std::vector<double> x = test::random_values(tokens * heads * width, "x");
  const auto dy = test::random_values(tokens * heads * width, "dy");
  // Any numbers: nothing asks for true cosines and sines.
  const auto cosines = test::random_values(tokens * width, "cosines"), sines = test::random_values(tokens * width, "s");
  std::vector<double> y(x.size()), dx(x.size());
  kernels::reference::pair_rotation(rotation(dy, dx, cosines, sines, heads, width, true));
  test::expect_gradient(
      x, dx,
      [&] {
        kernels::reference::pair_rotation(rotation(x, y, cosines, sines, heads, width, false));
        return test::weighted_sum(y, dy);
      },
      "dx");
}

TEST(PairRotation, MatchesReferenceOnEveryTargetAndWidthInPlaceToo) {
  test::for_each_simd_target([] {
    for (const std::int64_t width : {2, 4, 6, 8, 10, 14, 16, 18, 24, 30, 32, 34, 64, 88}) {
      for (const bool transpose : {false, true}) {
        const std::int64_t tokens = 5, heads = 3, count = tokens * heads * width;
        const auto x = values<float>(count, "x");
        const auto cosines = values<float>(tokens * width, "c"), sines = values<float>(tokens * width, "s");
        const auto x_double = values<double>(count, "x");
        const auto c_double = values<double>(tokens * width, "c"), s_double = values<double>(tokens * width, "s");
        std::vector<double> expected(x.size());
        std::vector<float> actual(x.size()), in_place = x;
        kernels::reference::pair_rotation(rotation(x_double, expected, c_double, s_double, heads, width, transpose));
        kernels::pair_rotation(kernels::Cpu{}, rotation(x, actual, cosines, sines, heads, width, transpose));
        test::expect_close(actual, expected, 3e-7, "y");
        kernels::pair_rotation(kernels::Cpu{}, rotation(in_place, in_place, cosines, sines, heads, width, transpose));
        EXPECT_EQ(in_place, actual) << width;
      }
    }
  });
}

}  // namespace
}  // namespace sequent
