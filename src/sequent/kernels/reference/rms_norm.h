// The readable specification of kernels/rms_norm.h, and the oracle of its tests.
#pragma once

#include <cmath>

#include "sequent/kernels/rms_norm.h"

namespace sequent::kernels::reference {

template <class Real>
void rms_norm(const RmsNormForward<Real>& args) {
  for (std::int64_t r = 0; r < args.rows; ++r) {
    const Real* x = args.x + r * args.columns;
    Real sum = 0;
    for (std::int64_t c = 0; c < args.columns; ++c) sum += x[c] * x[c];
    const Real inverse_rms = 1 / std::sqrt(sum / static_cast<Real>(args.columns) + args.epsilon);
    for (std::int64_t c = 0; c < args.columns; ++c) args.y[r * args.columns + c] = x[c] * inverse_rms * args.weight[c];
    if (args.inverse_rms) args.inverse_rms[r] = inverse_rms;
  }
}

// With n = x * inverse_rms and g = dy * weight:  dx = inverse_rms * (g - n * mean(g * n)),  dweight = sum_rows dy * n.
template <class Real>
void rms_norm(const RmsNormBackward<Real>& args) {
  for (std::int64_t r = 0; r < args.rows; ++r) {
    const Real* x = args.x + r * args.columns;
    const Real* dy = args.dy + r * args.columns;
    const Real scale = args.inverse_rms[r];
    Real mean = 0;
    for (std::int64_t c = 0; c < args.columns; ++c) mean += dy[c] * args.weight[c] * x[c] * scale;
    mean /= static_cast<Real>(args.columns);
    for (std::int64_t c = 0; c < args.columns; ++c) {
      const Real normal = x[c] * scale;
      if (args.dx) args.dx[r * args.columns + c] = scale * (dy[c] * args.weight[c] - normal * mean);
      if (args.dweight) args.dweight[c] += dy[c] * normal;
    }
  }
}

}  // namespace sequent::kernels::reference
