// The readable specification of kernels/discretization.h, and the oracle of its tests.
#pragma once

#include <algorithm>
#include <cmath>

#include "sequent/kernels/discretization.h"

namespace sequent::kernels::reference {

template <class Real>
Real step_before_limits(Real z) {
  return z > 20 ? z : std::log1p(std::exp(z));
}

template <class Real>
void step_size(const StepSizeForward<Real>& args) {
  for (std::int64_t i = 0; i < args.rows * args.columns; ++i) {
    args.delta[i] = std::clamp(step_before_limits(args.x[i] + args.bias[i % args.columns]), args.minimum, args.maximum);
  }
}

template <class Real>
void step_size(const StepSizeBackward<Real>& args) {
  for (std::int64_t i = 0; i < args.rows * args.columns; ++i) {
    const Real z = args.x[i] + args.bias[i % args.columns], delta = step_before_limits(z);
    const bool within = args.minimum <= delta && delta <= args.maximum;
    args.dx[i] = within ? args.ddelta[i] * (z > 20 ? 1 : 1 / (1 + std::exp(-z))) : Real(0);
    if (args.dbias) args.dbias[i % args.columns] += args.dx[i];
  }
}

template <class Real>
void decay_rate(const DecayRateForward<Real>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) args.rate[i] = -std::exp(args.a_log[i]);
}

template <class Real>
void decay_rate(const DecayRateBackward<Real>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) args.da_log[i] += args.drate[i] * args.rate[i];
}

}  // namespace sequent::kernels::reference
