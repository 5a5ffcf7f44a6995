// RMSNorm as a differentiable op; the formula is in kernels/rms_norm.h.
#pragma once

#include "sequent/autograd/var.h"

namespace sequent {

/// y = x / sqrt(mean(x^2) + epsilon) * weight, over the last axis.   x, y: [..., columns]   weight: [columns]
Var rms_norm(const Var& x, const Var& weight, float epsilon);

}  // namespace sequent
