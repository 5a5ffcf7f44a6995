// Depthwise causal convolution over packed sequences, with carried window.
#pragma once

#include "sequent/autograd/var.h"
#include "sequent/kernels/activation_kind.h"
#include "sequent/tensor/segments.h"

namespace sequent {

struct CausalConvResult {
  Var y;       // [tokens, channels]
  Var window;  // [sequences, taps - 1, channels], the last inputs of each sequence, oldest first
};

/// y[t, c] = f(bias[c] + sum_k weight[c, k] * x[t - taps + 1 + k, c]): tap taps - 1 multiplies the current token.
/// Before the beginning of sequence i, x continues into window[i] (oldest first), or zeros without a window.
/// x: [tokens, channels]   weight: [channels, taps]   bias: [channels] or undefined   window: as in the result, or
/// undefined. Differentiable in x, weight, bias and window. f is identity or silu.
CausalConvResult causal_conv(const Var& x, const Var& weight, const Var& bias, const Segments& segments,
                             const Var& window, Activation f);

}  // namespace sequent
