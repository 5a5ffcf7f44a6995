// The readable specification of kernels/norm.h, and the oracle of its tests.
#pragma once

#include <cmath>
#include <cstdint>

namespace sequent::kernels::reference {

template <class Real>
double sum_of_squares(const Real* x, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

template <class Real>
std::int64_t first_non_finite(const Real* x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(x[i])) return i;
  }
  return -1;
}

}  // namespace sequent::kernels::reference
