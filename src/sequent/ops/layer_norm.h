// LayerNorm as a differentiable op; the formula is in kernels/layer_norm.h.
#pragma once

#include "sequent/autograd/var.h"

namespace sequent {

/// y = (x - mean(x)) / sqrt(variance(x) + epsilon) * weight + bias, over the last axis (variance over N, not N - 1).
/// x, y: [..., columns]   weight, bias: [columns]; bias may be undefined for none
Var layer_norm(const Var& x, const Var& weight, const Var& bias, float epsilon);

}  // namespace sequent
