// The mean of |a - b|^p / p: the absolute error for p = 1, half the squared error for p = 2.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// sum = sum_i |a[i] - b[i]|^exponent.
template <class Real>
struct PowerErrorForward {
  const Real* a;
  const Real* b;
  double* sum;  // one number, written
  std::int64_t count;
  Real exponent;  // at least 1
};

/// da[i] = factor * sign(a[i] - b[i]) |a[i] - b[i]|^(exponent - 1); 0 where a[i] = b[i].
template <class Real>
struct PowerErrorBackward {
  const Real* a;
  const Real* b;
  Real* da;
  std::int64_t count;
  Real exponent;
  Real factor;
};

void power_error(Cpu, const PowerErrorForward<float>& args);
void power_error(Cpu, const PowerErrorBackward<float>& args);

}  // namespace sequent::kernels
