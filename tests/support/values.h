// Numbers for tests: reproducible random values, conversions, comparisons that say where and by how much.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sequent/base/random.h"
#include "sequent/tensor/tensor.h"

namespace sequent::test {

/// `count` values, normal with the given deviation, the same for the same name.
inline std::vector<double> random_values(std::int64_t count, std::string_view name, double deviation = 1.0) {
  const Random random(7, Random::stream_of(name));
  std::vector<double> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    // Rounded to float, so that the double reference and the float kernel start from the same numbers.
    values[i] = static_cast<float>(deviation * random.normal(i));
  }
  return values;
}

inline std::vector<float> to_float(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

inline Tensor to_tensor(const std::vector<double>& values, const Shape& shape) {
  const std::vector<float> floats = to_float(values);
  return Tensor::from(std::span<const float>(floats), shape);
}

inline std::vector<double> to_doubles(const Tensor& tensor) {
  const float* data = tensor.floats();
  return {data, data + tensor.elements()};
}

/// Every |actual - expected| must be at most `tolerance` times the largest |expected|. Where large terms cancel,
/// `terms` is their size and stands in for the largest |expected| if that is smaller.
template <class A, class B>
void expect_close(const std::vector<A>& actual, const std::vector<B>& expected, double tolerance, std::string_view what,
                  double terms = 1e-30) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  double scale = terms;
  for (const B value : expected) scale = std::max(scale, std::abs(static_cast<double>(value)));
  double worst = -1;
  std::size_t at = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double error = std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i]));
    if (!(error <= worst)) {  // also true for NaN
      worst = error;
      at = i;
    }
  }
  if (actual.empty()) return;
  EXPECT_TRUE(worst <= tolerance * scale)
      << what << ": worst at " << at << ": " << actual[at] << " instead of " << expected[at] << " (largest " << scale
      << ", tolerance " << tolerance << ")";
}

/// |actual - expected| / |expected|, Euclidean norms over all elements.
template <class A, class B>
double relative_distance(const std::vector<A>& actual, const std::vector<B>& expected) {
  EXPECT_EQ(actual.size(), expected.size());
  double distance = 0, norm = 0;
  for (std::size_t i = 0; i < std::min(actual.size(), expected.size()); ++i) {
    const double value = static_cast<double>(expected[i]), difference = static_cast<double>(actual[i]) - value;
    distance += difference * difference;
    norm += value * value;
  }
  return std::sqrt(distance / norm);
}

/// What is computed with a few roundings to bfloat16, whose relative error is at most 2^-8: near, but not in float32.
/// Where large terms cancel, `most` allows for it.
template <class A, class B>
void expect_near_in_bfloat16(const std::vector<A>& actual, const std::vector<B>& expected, std::string_view what,
                             double most = 0x1p-7) {
  const double distance = relative_distance(actual, expected);
  EXPECT_LT(distance, most) << what;
  EXPECT_GT(distance, 0x1p-14) << what;
}

}  // namespace sequent::test
