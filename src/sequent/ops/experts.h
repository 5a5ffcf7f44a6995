// The experts of a mixture: dispatch, feed-forward layers and weighted sum as one operation.
#pragma once

#include <cstdint>
#include <vector>

#include "sequent/autograd/var.h"
#include "sequent/kernels/activation_kind.h"
#include "sequent/ops/expert_dispatch.h"

namespace sequent {

/// One entry for each expert.
struct ExpertWeights {
  std::vector<Var> gate;  // [hidden, width]; none: the experts are not gated
  std::vector<Var> up;    // [hidden, width]
  std::vector<Var> down;  // [width, hidden]
};

struct ExpertsOptions {
  Activation activation = Activation::silu;
  float dropout = 0.0f;  // of the hidden layer, a pure function of seed, stream and row
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
  bool identity_of_dropped = false;  // a dropped choice adds weight * x instead of nothing
};

/// y[t] = sum over the choices c of token t that were taken of weights[t, c] Expert(x[t]), with
/// Expert(x) = W_down f(W_up x), gated W_down (f(W_gate x) * W_up x).
/// x: [tokens, width]   weights: [tokens, choices]. Differentiable in x, weights and the experts' weights; the work is
/// that of the rows of `dispatch`, and an expert without any is not read. Kept for the backward: W_up x and W_gate x.
Var experts(const Var& x, const Var& weights, const ExpertDispatch& dispatch, const ExpertWeights& parameters,
            const ExpertsOptions& options = {});

}  // namespace sequent
