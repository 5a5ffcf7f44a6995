// Central differences in double: step one of the proof of every gradient.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "tests/support/values.h"

namespace sequent::test {

/// Compares `gradient` with (f(x + h) - f(x - h)) / 2h in every coordinate of `x`, which f reads and which is
/// restored. f must be computed in double.
inline void expect_gradient(std::vector<double>& x, const std::vector<double>& gradient,
                            const std::function<double()>& f, std::string_view what, double tolerance = 1e-7) {
  ASSERT_EQ(x.size(), gradient.size()) << what;
  std::vector<double> differences(x.size());
  constexpr double h = 1e-5;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double kept = x[i];
    x[i] = kept + h;
    const double above = f();
    x[i] = kept - h;
    const double below = f();
    x[i] = kept;
    differences[i] = (above - below) / (2 * h);
  }
  expect_close(gradient, differences, tolerance, what);
}

/// sum_i a[i] * b[i]: a scalar loss whose gradient in `a` is `b`.
inline double weighted_sum(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace sequent::test
