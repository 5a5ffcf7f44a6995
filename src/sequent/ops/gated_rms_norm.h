// RMSNorm over groups of columns with a SiLU gate as a differentiable op; the formula is in kernels/gated_rms_norm.h.
#pragma once

#include "sequent/autograd/var.h"

namespace sequent {

struct GatedRmsNormOptions {
  std::int64_t group;  // columns that are normalised together; divides the columns
  float epsilon;
  bool norm_before_gate = false;
  Tensor epsilon_scale = {};  // [tokens, columns / group], a positive factor of epsilon, or undefined for 1: the norm
                              // of x / sqrt(s) is that of x with epsilon_scale s
};

/// With N(v) = v / sqrt(mean(v^2) + epsilon) over each group of consecutive columns:
///   norm_before_gate   y = N(x) * weight * silu(gate)
///   otherwise          y = N(x * silu(gate)) * weight
/// x, gate, y: [..., columns]   weight: [columns], or [group] for all groups alike, or undefined for ones
Var gated_rms_norm(const Var& x, const Var& gate, const Var& weight, const GatedRmsNormOptions& options);

}  // namespace sequent
