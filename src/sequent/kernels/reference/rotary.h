// The readable specification of kernels/rotary.h, and the oracle of its tests.
#pragma once

#include <cmath>

#include "sequent/kernels/rotary.h"

namespace sequent::kernels::reference {

template <class Real>
void rotary(const Rotary<Real>& args) {
  const std::int64_t half = args.width / 2;
  for (std::int64_t t = 0; t < args.tokens; ++t) {
    for (std::int64_t h = 0; h < args.heads; ++h) {
      const Real* x = args.x + (t * args.heads + h) * args.width;
      Real* y = args.y + (t * args.heads + h) * args.width;
      for (std::int64_t j = 0; j < half; ++j) {
        const double angle = args.direction * static_cast<double>(args.positions[t]) * args.frequencies[j];
        const Real cosine = static_cast<Real>(std::cos(angle));
        const Real sine = static_cast<Real>(std::sin(angle));
        const Real first = x[j];
        const Real second = x[j + half];
        y[j] = first * cosine - second * sine;
        y[j + half] = second * cosine + first * sine;
      }
    }
  }
}

}  // namespace sequent::kernels::reference
