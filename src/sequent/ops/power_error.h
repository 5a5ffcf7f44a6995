// The mean of |a - b|^p / p: what V-JEPA minimises, with p = 1.
#pragma once

#include "sequent/autograd/var.h"

namespace sequent {

/// One element: mean over all elements of |predictions - targets|^exponent / exponent, exponent >= 1.
/// Both have the same shape and at least one element; the targets are constants.
Var power_error(const Var& predictions, const Tensor& targets, float exponent = 1.0f);

}  // namespace sequent
