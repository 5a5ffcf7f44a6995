// Linear: the matrix product of every layer.
#pragma once

#include "sequent/autograd/var.h"
#include "sequent/kernels/activation_kind.h"

namespace sequent {

/// y = x weight^T + bias.   x: [tokens, inputs]   weight: [outputs, inputs]   bias: [outputs], or undefined for none
/// A weight of more axes, as that of a convolution whose kernels do not overlap, has `inputs` elements per output. It may
/// be stored in any type of real numbers; gradients need float32.
Var linear(const Var& x, const Var& weight, const Var& bias = {});

/// y = f(x) weight^T + bias, with the sizes of linear(). Keeps x alone for the backward pass, which computes f(x)
/// again: of an MLP that is the larger half.
Var linear_of_activation(const Var& x, Activation f, const Var& weight, const Var& bias = {});

}  // namespace sequent
