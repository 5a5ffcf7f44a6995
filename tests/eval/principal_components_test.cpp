#include "sequent/eval/principal_components.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(PrincipalComponents, FindsTheDirectionsACloudWasMadeOf) {
  // Along three orthogonal directions, with deviations 5, 3 and 2, beside a little noise and far from zero.
  const std::int64_t rows = 200;
  const auto a = test::random_values(rows, "a", 5), b = test::random_values(rows, "b", 3);
  const auto c = test::random_values(rows, "c", 2), noise = test::random_values(rows * 6, "noise", 0.01);
  std::vector<double> x(static_cast<std::size_t>(rows * 6));
  for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) {
    for (std::size_t i = 0; i < 6; ++i) x[r * 6 + i] = 100 + noise[r * 6 + i];
    x[r * 6 + 1] += a[r];
    x[r * 6 + 2] += (b[r] + c[r]) / std::sqrt(2.0);
    x[r * 6 + 4] += (b[r] - c[r]) / std::sqrt(2.0);
  }
  const auto found = test::to_doubles(principal_components(test::to_tensor(x, {rows, 6}), 3));
  const auto correlation = [&](const std::vector<double>& with, std::size_t component) {
    double product = 0, one = 0, other = 0, mean = 0, largest = 0;
    for (const double value : with) mean += value / static_cast<double>(rows);
    for (std::size_t r = 0; r < with.size(); ++r) {
      const double value = found[r * 3 + component];
      product += (with[r] - mean) * value;
      one += (with[r] - mean) * (with[r] - mean);
      other += value * value;
      if (std::abs(value) > std::abs(largest)) largest = value;
    }
    EXPECT_GT(largest, 0) << component;
    return std::abs(product) / std::sqrt(one * other);
  };
  EXPECT_GT(correlation(a, 0), 0.98);
  EXPECT_GT(correlation(b, 1), 0.98);
  EXPECT_GT(correlation(c, 2), 0.98);
}

TEST(PrincipalComponents, WhatDoesNotVaryIsZero) {
  const Tensor x = test::to_tensor({1, 5, 0, 2, 5, 0, 4, 5, 0}, {3, 3});
  const auto found = test::to_doubles(principal_components(x, 3));
  for (std::size_t r = 0; r < 3; ++r) {
    EXPECT_NEAR(found[r * 3 + 1], 0, 1e-6);
    EXPECT_NEAR(found[r * 3 + 2], 0, 1e-6);
  }
  EXPECT_NEAR(found[6] - found[0], 3, 1e-6);
  EXPECT_EQ(test::error_of([&] { principal_components(x, 4); }),
            "principal components: x must be [rows, at least 4], got [3, 3]");
}

}  // namespace
}  // namespace sequent
