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
        const bool interleaved = args.pairs == RotaryPairs::interleaved;
        const std::int64_t first = interleaved ? 2 * j : j;
        const std::int64_t second = interleaved ? 2 * j + 1 : j + half;
        const Real x1 = x[first];
        const Real x2 = x[second];
        y[first] = x1 * cosine - x2 * sine;
        y[second] = x2 * cosine + x1 * sine;
      }
    }
  }
}

}  // namespace sequent::kernels::reference
