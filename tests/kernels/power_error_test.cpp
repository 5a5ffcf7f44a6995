#include "sequent/kernels/power_error.h"

#include <gtest/gtest.h>

#include <limits>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/power_error.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr double kExponents[] = {1.0, 1.5, 2.0, 3.0};

TEST(PowerErrorReference, GradientIsThatOfTheSum) {
  for (const double exponent : kExponents) {
    std::vector<double> a = test::random_values(9, "a");
    const std::vector<double> b = test::random_values(9, "b");
    std::vector<double> da(a.size());
    // d sum / d a = exponent sign |.|^(exponent - 1).
    kernels::reference::power_error<double>(
        {.a = a.data(), .b = b.data(), .da = da.data(), .count = 9, .exponent = exponent, .factor = exponent});
    test::expect_gradient(
        a, da,
        [&] {
          double sum = 0;
          kernels::reference::power_error<double>(
              {.a = a.data(), .b = b.data(), .sum = &sum, .count = 9, .exponent = exponent});
          return sum;
        },
        "da");
  }
}

TEST(PowerError, MatchesReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t count : {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 100, 1000, 70001}) {
      for (const double exponent : kExponents) {
        const auto a = test::random_values(count, "a"), b = test::random_values(count, "b");
        const auto a_float = test::to_float(a), b_float = test::to_float(b);
        double expected = 0, actual = -1;
        kernels::reference::power_error<double>(
            {.a = a.data(), .b = b.data(), .sum = &expected, .count = count, .exponent = exponent});
        kernels::power_error(kernels::Cpu{},
                             kernels::PowerErrorForward<float>{.a = a_float.data(),
                                                               .b = b_float.data(),
                                                               .sum = &actual,
                                                               .count = count,
                                                               .exponent = static_cast<float>(exponent)});
        EXPECT_NEAR(actual, expected, 1e-6 * expected) << count << " to the power of " << exponent;
        std::vector<double> da(a.size());
        std::vector<float> da_float(a.size());
        kernels::reference::power_error<double>(
            {.a = a.data(), .b = b.data(), .da = da.data(), .count = count, .exponent = exponent, .factor = 0.3});
        kernels::power_error(kernels::Cpu{},
                             kernels::PowerErrorBackward<float>{.a = a_float.data(),
                                                                .b = b_float.data(),
                                                                .da = da_float.data(),
                                                                .count = count,
                                                                .exponent = static_cast<float>(exponent),
                                                                .factor = 0.3f});
        test::expect_close(da_float, da, 3e-7, "da");
      }
    }
  });
}

TEST(PowerError, EqualNumbersHaveNoGradientAndNaNStays) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> a = {1, 2, nan}, b = {1, 3, 0};
  std::vector<float> da(3);
  kernels::power_error(kernels::Cpu{},
                       kernels::PowerErrorBackward<float>{
                           .a = a.data(), .b = b.data(), .da = da.data(), .count = 3, .exponent = 1, .factor = 2});
  EXPECT_EQ(da[0], 0);
  EXPECT_EQ(da[1], -2);
  EXPECT_TRUE(std::isnan(da[2]));
  double sum = 0;
  kernels::power_error(kernels::Cpu{}, kernels::PowerErrorForward<float>{
                                           .a = a.data(), .b = b.data(), .sum = &sum, .count = 3, .exponent = 1});
  EXPECT_TRUE(std::isnan(sum));
}

TEST(PowerError, DoesNotDependOnThreads) {
  const std::int64_t count = 100'003;
  const auto a = test::to_float(test::random_values(count, "a")), b = test::to_float(test::random_values(count, "b"));
  const auto sum_with = [&](int threads) {
    const int before = thread_count();
    set_thread_count(threads);
    double sum = 0;
    kernels::power_error(kernels::Cpu{}, kernels::PowerErrorForward<float>{
                                             .a = a.data(), .b = b.data(), .sum = &sum, .count = count, .exponent = 1});
    set_thread_count(before);
    return sum;
  };
  EXPECT_EQ(sum_with(1), sum_with(2));
  EXPECT_EQ(sum_with(1), sum_with(3));
}

}  // namespace
}  // namespace sequent
