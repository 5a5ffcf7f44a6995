// The readable specification of kernels/router.h, and the oracle of its tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "sequent/kernels/router.h"

namespace sequent::kernels::reference {

/// Writes softmax(x) and returns logsumexp(x).
template <class Real>
Real softmax(const Real* x, Real* p, std::int64_t size) {
  const Real maximum = *std::max_element(x, x + size);
  Real sum = 0;
  for (std::int64_t i = 0; i < size; ++i) sum += p[i] = std::exp(x[i] - maximum);
  for (std::int64_t i = 0; i < size; ++i) p[i] /= sum;
  return maximum + std::log(sum);
}

template <class Real>
void router(const RouterForward<Real>& args) {
  for (std::int64_t t = 0; t < args.tokens; ++t) {
    const Real* logits = args.logits + t * args.experts;
    Real* p = args.probabilities + t * args.experts;
    softmax(logits, p, args.experts);
    std::vector<std::int32_t> order(static_cast<std::size_t>(args.experts));
    for (std::size_t e = 0; e < order.size(); ++e) order[e] = static_cast<std::int32_t>(e);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return logits[a] > logits[b]; });
    Real sum = 0;
    for (std::int64_t k = 0; k < args.chosen; ++k) {
      args.choices[t * args.chosen + k] = order[static_cast<std::size_t>(k)];
      sum += args.weights[t * args.chosen + k] = p[order[static_cast<std::size_t>(k)]];
    }
    for (std::int64_t k = 0; args.renormalise && k < args.chosen; ++k) args.weights[t * args.chosen + k] /= sum;
  }
}

// With w the weights and m = sum_k dw_k w_k. Renormalised, w is the softmax over the chosen logits alone:
// dl_k = w_k (dw_k - m). Otherwise dl_e = p_e (dw_e - m) with dw = 0 for the experts that were not chosen.
template <class Real>
void router(const RouterBackward<Real>& args) {
  for (std::int64_t t = 0; t < args.tokens; ++t) {
    const Real* w = args.weights + t * args.chosen;
    const Real* dw = args.dweights + t * args.chosen;
    Real m = 0;
    for (std::int64_t k = 0; k < args.chosen; ++k) m += dw[k] * w[k];
    Real* dlogits = args.dlogits + t * args.experts;
    for (std::int64_t e = 0; e < args.experts; ++e) {
      dlogits[e] = args.renormalise ? Real(0) : -args.probabilities[t * args.experts + e] * m;
    }
    for (std::int64_t k = 0; k < args.chosen; ++k) {
      dlogits[args.choices[t * args.chosen + k]] += w[k] * (args.renormalise ? dw[k] - m : dw[k]);
    }
  }
}

template <class Real>
void router_loss(const RouterLoss<Real>& args) {
  for (std::int64_t t = 0; t < args.tokens; ++t) {
    Real* p = args.dlogits + t * args.experts;
    const Real log_sum = softmax(args.logits + t * args.experts, p, args.experts);
    Real mean = 0;
    for (std::int64_t e = 0; e < args.experts; ++e) mean += args.slopes[e] * p[e];
    args.losses[t] = mean + args.z * log_sum * log_sum;
    for (std::int64_t e = 0; e < args.experts; ++e) p[e] *= args.slopes[e] - mean + 2 * args.z * log_sum;
  }
}

}  // namespace sequent::kernels::reference
