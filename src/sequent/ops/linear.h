// Linear: the matrix product of every layer.
#pragma once

#include "sequent/autograd/var.h"

namespace sequent {

/// y = x weight^T + bias.   x: [tokens, inputs]   weight: [outputs, inputs]   bias: [outputs], or undefined for none
/// A weight of more axes, as that of a convolution whose kernels do not overlap, has `inputs` elements per output.
Var linear(const Var& x, const Var& weight, const Var& bias = {});

}  // namespace sequent
