// The router of a mixture of experts: probabilities, choices, and the auxiliary losses on its logits. Always float32.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// p[t] = softmax(logits[t]) over all experts. choices[t] are the `chosen` experts of the largest logits, falling, the
/// lowest index first among equals; weights[t, k] = p[t, choices[t, k]], with `renormalise` divided by their sum.
/// NaN among the logits of a token makes all its probabilities and weights NaN.
template <class Real>
struct RouterForward {
  const Real* logits;     // [tokens, experts]
  Real* probabilities;    // [tokens, experts]
  std::int32_t* choices;  // [tokens, chosen]
  Real* weights;          // [tokens, chosen]
  std::int64_t tokens;
  std::int64_t experts;
  std::int64_t chosen;
  bool renormalise;
};

/// dlogits from dweights; the choices themselves are constants.
template <class Real>
struct RouterBackward {
  const Real* probabilities;
  const std::int32_t* choices;
  const Real* weights;
  const Real* dweights;
  Real* dlogits;
  std::int64_t tokens;
  std::int64_t experts;
  std::int64_t chosen;
  bool renormalise;
};

/// losses[t] = sum_e slopes[e] p[t, e] + z logsumexp(logits[t])^2, and its gradient while the probabilities are at
/// hand: dlogits[t, e] = p[t, e] (slopes[e] - sum_i slopes[i] p[t, i] + 2 z logsumexp(logits[t])).
template <class Real>
struct RouterLoss {
  const Real* logits;  // [tokens, experts]
  const Real* slopes;  // [experts]
  Real* losses;        // [tokens]
  Real* dlogits;       // [tokens, experts]
  Real z;
  std::int64_t tokens;
  std::int64_t experts;
};

void router(Cpu, const RouterForward<float>& args);
void router(Cpu, const RouterBackward<float>& args);
void router_loss(Cpu, const RouterLoss<float>& args);

}  // namespace sequent::kernels
