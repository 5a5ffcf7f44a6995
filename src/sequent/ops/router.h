// The router of a mixture of experts: choices and their weights, and the losses that keep it balanced.
#pragma once

#include <cstdint>

#include "sequent/autograd/var.h"
#include "sequent/tensor/segments.h"

namespace sequent {

struct Routes {
  Var weights;     // [tokens, chosen]
  Tensor choices;  // [tokens, chosen], i32: experts by falling probability, the lowest index first among equals
};

/// p = softmax(logits) over all experts; each token's `chosen` largest, with `renormalise` divided by their sum.
/// logits: [tokens, experts]. The gradient flows through the weights, not through the choice. NaN stays NaN.
Routes route(const Var& logits, std::int64_t chosen, bool renormalise);

/// sum over tokens of  sum_e slopes[group of t, e] p[t, e] + z logsumexp(logits[t])^2.
/// logits: [tokens, experts]   slopes: [groups, experts], constants
Var router_loss(const Var& logits, const Tensor& slopes, float z, const Segments& groups);

}  // namespace sequent
