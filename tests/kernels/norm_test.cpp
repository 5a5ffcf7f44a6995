#include "sequent/kernels/norm.h"

#include <gtest/gtest.h>

#include <limits>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/norm.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Norm, SumOfSquaresMatchesReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t count : {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 100, 32768, 32769, 70001}) {
      const auto x = test::to_float(test::random_values(count, "x"));
      const double expected = kernels::reference::sum_of_squares(x.data(), count);
      EXPECT_NEAR(kernels::sum_of_squares(kernels::Cpu{}, x.data(), count), expected, 1e-13 * expected) << count;
    }
  });
}

TEST(Norm, SumOfSquaresTakesWhatAFloatCannotSquare) {
  const std::vector<float> x = {1e30f, 1e-30f, -1e30f};
  EXPECT_NEAR(kernels::sum_of_squares(kernels::Cpu{}, x.data(), 3), 2e60, 1e54);
  EXPECT_GT(kernels::sum_of_squares(kernels::Cpu{}, x.data() + 1, 1), 0.0);
}

TEST(Norm, SumOfSquaresDoesNotDependOnThreads) {
  const auto x = test::to_float(test::random_values(100'003, "x"));
  const auto sum = [&](int count) {
    const int threads = thread_count();
    set_thread_count(count);
    const double result = kernels::sum_of_squares(kernels::Cpu{}, x.data(), static_cast<std::int64_t>(x.size()));
    set_thread_count(threads);
    return result;
  };
  EXPECT_EQ(sum(1), sum(2));
  EXPECT_EQ(sum(1), sum(3));
}

TEST(Norm, FindsTheFirstThatIsNotFinite) {
  test::for_each_simd_target([] {
    for (const std::int64_t count : {0, 1, 5, 16, 33, 100, 70001}) {
      std::vector<float> x = test::to_float(test::random_values(count, "x", 1e30));
      if (count > 0) x[0] = std::numeric_limits<float>::max();
      EXPECT_EQ(kernels::first_non_finite(kernels::Cpu{}, x.data(), count), -1) << count;
      for (const std::int64_t at : {count - 1, count / 2, count / 3, std::int64_t{0}}) {
        if (at < 0 || at >= count) continue;
        // Later ones stay, so that each time there are more to choose from.
        x[static_cast<std::size_t>(at)] = at % 2 == 0 ? kNaN : at % 3 == 0 ? -kInfinity : kInfinity;
        EXPECT_EQ(kernels::first_non_finite(kernels::Cpu{}, x.data(), count), at) << count;
        EXPECT_EQ(kernels::reference::first_non_finite(x.data(), count), at) << count;
      }
    }
  });
}

}  // namespace
}  // namespace sequent
