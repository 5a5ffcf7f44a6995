// The selective state-space scan of Mamba (Gu and Dao, "Mamba: Linear-time sequence modeling with selective state
// spaces", 2023, algorithm 2), over packed sequences, with state in and out.
#pragma once

#include "sequent/autograd/var.h"
#include "sequent/tensor/segments.h"

namespace sequent {

struct SelectiveScanInputs {
  Var x;           // [tokens, channels], after convolution and SiLU
  Var delta;       // [tokens, channels], before bias and softplus
  Var delta_bias;  // [channels]
  Var a_log;       // [channels, states]
  Var b;           // [tokens, states]
  Var c;           // [tokens, states]
  Var d;           // [channels]
  Var gate;        // [tokens, channels], or undefined for none
  Var state;       // [sequences, channels, states] to continue from, or undefined for zeros
};

struct SelectiveScanResult {
  Var y;      // [tokens, channels]
  Var state;  // [sequences, channels, states] after the last token of each sequence
};

/// With Delta = softplus(delta + delta_bias) and A = -exp(a_log), for each sequence:
///   h_t[e, s] = exp(Delta_t[e] A[e, s]) h_{t-1}[e, s] + Delta_t[e] b_t[s] x_t[e]
///   y_t[e]    = (sum_s c_t[s] h_t[e, s] + d[e] x_t[e]) * silu(gate_t[e])
/// Differentiable in every input, the initial state included, and from both results. Training keeps one state per
/// kSelectiveScanChunk tokens (kernels/selective_scan.h); the backward pass recomputes the others.
SelectiveScanResult selective_scan(const SelectiveScanInputs& inputs, const Segments& segments);

}  // namespace sequent
