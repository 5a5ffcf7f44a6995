// Linear: the matrix product of every layer.
#pragma once

#include "sequent/autograd/var.h"

namespace sequent {

/// y = x weight^T + bias.   x: [tokens, inputs]   weight: [outputs, inputs]   bias: [outputs], or undefined for none
Var linear(const Var& x, const Var& weight, const Var& bias = {});

}  // namespace sequent
