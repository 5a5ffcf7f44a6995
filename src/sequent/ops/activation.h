// Pointwise non-linearities and gated products.
#pragma once

#include "sequent/autograd/var.h"
#include "sequent/kernels/activation_kind.h"

namespace sequent {

/// y = f(x), element by element.
Var activation(const Var& x, Activation f);

/// y = f(gate) * value, element by element: SwiGLU with silu, GEGLU with gelu (Shazeer, "GLU variants improve
/// Transformer", 2020). gate and value have the same shape.
Var gated(const Var& gate, const Var& value, Activation f);

}  // namespace sequent
