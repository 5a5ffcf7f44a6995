// Steps and rates of a state-space model with one decay per head, as differentiable ops; the formulas are in
// kernels/discretization.h.
#pragma once

#include <limits>

#include "sequent/autograd/var.h"

namespace sequent {

struct StepLimits {
  float minimum = 0.0f;
  float maximum = std::numeric_limits<float>::infinity();
};

/// delta = clamp(softplus(x + bias), limits).   x, delta: [tokens, heads]   bias: [heads]
Var step_size(const Var& x, const Var& bias, StepLimits limits);

/// rate = -exp(a_log).   a_log, rate: [heads]
Var decay_rate(const Var& a_log);

}  // namespace sequent
