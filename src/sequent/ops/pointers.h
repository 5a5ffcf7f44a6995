// From what may be missing to the pointers that kernels take: null for undefined.
#pragma once

#include "sequent/autograd/var.h"

namespace sequent {

inline const float* floats_or_null(const Tensor& tensor) {
  return tensor.defined() ? tensor.floats() : nullptr;
}

inline const float* floats_or_null(const Var& var) {
  return var.defined() ? var.value().floats() : nullptr;
}

inline float* mutable_or_null(const Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_floats() : nullptr;
}

/// Where the gradient of a weight is summed, or null when it wants none.
inline float* sum_or_null(const Var& weight) {
  return weight.wants_gradient() ? weight.gradient_buffer().mutable_floats() : nullptr;
}

}  // namespace sequent
