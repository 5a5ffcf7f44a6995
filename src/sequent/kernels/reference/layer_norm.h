// The readable specification of kernels/layer_norm.h, and the oracle of its tests.
#pragma once

#include <cmath>

#include "sequent/kernels/layer_norm.h"

namespace sequent::kernels::reference {

template <class Real>
void layer_norm(const LayerNormForward<Real>& args) {
  const auto size = static_cast<Real>(args.columns);
  for (std::int64_t r = 0; r < args.rows; ++r) {
    const Real* x = args.x + r * args.columns;
    Real mean = 0, variance = 0;
    for (std::int64_t c = 0; c < args.columns; ++c) mean += x[c] / size;
    for (std::int64_t c = 0; c < args.columns; ++c) variance += (x[c] - mean) * (x[c] - mean) / size;
    const Real inverse_deviation = 1 / std::sqrt(variance + args.epsilon);
    for (std::int64_t c = 0; c < args.columns; ++c) {
      args.y[r * args.columns + c] =
          (x[c] - mean) * inverse_deviation * args.weight[c] + (args.bias ? args.bias[c] : Real(0));
    }
    if (args.mean) args.mean[r] = mean;
    if (args.inverse_deviation) args.inverse_deviation[r] = inverse_deviation;
  }
}

// With n = (x - mean) * inverse_deviation and g = dy * weight:  dx = inverse_deviation * (g - mean(g) - n * mean(g *
// n)), dweight = sum_rows dy * n,  dbias = sum_rows dy.
template <class Real>
void layer_norm(const LayerNormBackward<Real>& args) {
  const auto size = static_cast<Real>(args.columns);
  for (std::int64_t r = 0; r < args.rows; ++r) {
    const Real* x = args.x + r * args.columns;
    const Real* dy = args.dy + r * args.columns;
    const Real scale = args.inverse_deviation[r];
    Real mean_g = 0, mean_gn = 0;
    for (std::int64_t c = 0; c < args.columns; ++c) {
      mean_g += dy[c] * args.weight[c] / size;
      mean_gn += dy[c] * args.weight[c] * (x[c] - args.mean[r]) * scale / size;
    }
    for (std::int64_t c = 0; c < args.columns; ++c) {
      const Real normal = (x[c] - args.mean[r]) * scale;
      if (args.dx) args.dx[r * args.columns + c] = scale * (dy[c] * args.weight[c] - mean_g - normal * mean_gn);
      if (args.dweight) args.dweight[c] += dy[c] * normal;
      if (args.dbias) args.dbias[c] += dy[c];
    }
  }
}

}  // namespace sequent::kernels::reference
