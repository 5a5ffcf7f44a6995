// The readable specification of kernels/power_error.h, and the oracle of its tests.
#pragma once

#include <cmath>

#include "sequent/kernels/power_error.h"

namespace sequent::kernels::reference {

template <class Real>
void power_error(const PowerErrorForward<Real>& args) {
  double sum = 0;
  for (std::int64_t i = 0; i < args.count; ++i) sum += std::pow(std::abs(args.a[i] - args.b[i]), args.exponent);
  *args.sum = sum;
}

template <class Real>
void power_error(const PowerErrorBackward<Real>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) {
    const Real difference = args.a[i] - args.b[i];
    const Real size = args.factor * std::pow(std::abs(difference), args.exponent - 1);
    args.da[i] = difference > 0 ? size : difference < 0 ? -size : difference * 0;  // NaN stays NaN
  }
}

}  // namespace sequent::kernels::reference
