// Linear attention with a decay per head (Mamba-2, RetNet) as a differentiable op, over packed sequences, with state in
// and out; the formula is in kernels/state_space_duality.h.
#pragma once

#include "sequent/autograd/var.h"
#include "sequent/tensor/segments.h"

namespace sequent {

struct StateSpaceDualityInputs {
  Var x;                    // [tokens, heads * width], the values
  Var b;                    // [tokens, groups * states], the keys
  Var c;                    // [tokens, groups * states], the queries
  Var delta = {};           // [tokens, heads], step sizes, or undefined for ones
  Var rate;                 // [heads], at most 0: a token with step delta keeps exp(delta * rate) of the state
  Var skip = {};            // [heads] or [heads * width], or undefined for none
  Var state = {};           // [sequences, heads, states, width] to continue from, or undefined for zeros
  std::int64_t groups = 1;  // heads / groups consecutive heads share b and c
};

struct StateSpaceDualityResult {
  Var y;      // [tokens, heads * width]
  Var state;  // [sequences, heads, states, width] after the last token of each sequence
};

/// For each sequence and head h of group g = h / (heads / groups):
///   S_t[s, p] = exp(delta_t[h] rate[h]) S_{t-1}[s, p] + delta_t[h] b_t[g, s] x_t[h, p]
///   y_t[h, p] = sum_s c_t[g, s] S_t[s, p] + skip[h] x_t[h, p]
/// Differentiable in every input, the initial state included, and from both results. Training keeps one state per
/// kStateSpaceDualityChunk tokens; the backward pass recomputes the rest.
StateSpaceDualityResult state_space_duality(const StateSpaceDualityInputs& inputs, const Segments& segments);

/// Floating-point operations over one sequence. For each state of a token, into it and out of it, a product and a sum
/// each; and for each pair of tokens of a chunk, of which a query sees the keys up to its own, the same for c.b of each
/// group and its product with x. The decays, one per pair and head, are left out.
std::int64_t state_space_duality_flops(std::int64_t tokens, std::int64_t heads, std::int64_t groups,
                                       std::int64_t states, std::int64_t width);

}  // namespace sequent
