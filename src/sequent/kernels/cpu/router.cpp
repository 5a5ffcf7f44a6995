#include "sequent/kernels/router.h"

#include <algorithm>
#include <cmath>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/router.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/softmax-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// Writes softmax(x) and returns logsumexp(x).
HWY_INLINE float Softmax(FloatTag d, const float* x, float* p, std::int64_t size) {
  const float maximum = RowMaximum(d, x, size);
  const float sum = SumOfExponentials(d, x, maximum, p, size);
  const auto factor = hn::Set(d, 1.0f / sum);
  ForEachVector(d, size, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    StoreUpTo(d, hn::Mul(LoadUpTo(d, p + i, count), factor), p + i, count);
  });
  return maximum + std::log(sum);
}

// The expert of the largest logit that is not among the first `taken` choices.
HWY_INLINE std::int32_t NextChoice(const float* logits, std::int64_t experts, const std::int32_t* choices,
                                   std::int64_t taken) {
  std::int32_t best = -1;
  for (std::int32_t e = 0; e < experts; ++e) {
    if (std::find(choices, choices + taken, e) != choices + taken) continue;
    if (best < 0 || logits[e] > logits[best]) best = e;
  }
  return best;
}

void RouterForwardRows(const RouterForward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  for (std::int64_t t = begin; t < end; ++t) {
    const float* logits = args.logits + t * args.experts;
    float* p = args.probabilities + t * args.experts;
    std::int32_t* choices = args.choices + t * args.chosen;
    float* weights = args.weights + t * args.chosen;
    Softmax(d, logits, p, args.experts);
    float sum = 0;
    for (std::int64_t k = 0; k < args.chosen; ++k) {
      choices[k] = NextChoice(logits, args.experts, choices, k);
      sum += weights[k] = p[choices[k]];
    }
    for (std::int64_t k = 0; args.renormalise && k < args.chosen; ++k) weights[k] /= sum;
  }
}

// The formulas stand in the reference.
void RouterBackwardRows(const RouterBackward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  for (std::int64_t t = begin; t < end; ++t) {
    const float* p = args.probabilities + t * args.experts;
    const float* w = args.weights + t * args.chosen;
    const float* dw = args.dweights + t * args.chosen;
    float* dlogits = args.dlogits + t * args.experts;
    float m = 0;
    for (std::int64_t k = 0; k < args.chosen; ++k) m += dw[k] * w[k];
    const auto factor = hn::Set(d, args.renormalise ? 0.0f : -m);
    ForEachVector(d, args.experts, [&](std::int64_t e, std::int64_t count) HWY_ATTR {
      StoreUpTo(d, hn::Mul(LoadUpTo(d, p + e, count), factor), dlogits + e, count);
    });
    for (std::int64_t k = 0; k < args.chosen; ++k) {
      dlogits[args.choices[t * args.chosen + k]] += w[k] * (args.renormalise ? dw[k] - m : dw[k]);
    }
  }
}

void RouterLossRows(const RouterLoss<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  for (std::int64_t t = begin; t < end; ++t) {
    float* p = args.dlogits + t * args.experts;
    const float log_sum = Softmax(d, args.logits + t * args.experts, p, args.experts);
    const float mean = Dot(d, args.slopes, p, args.experts);
    args.losses[t] = mean + args.z * log_sum * log_sum;
    const auto offset = hn::Set(d, 2 * args.z * log_sum - mean);
    ForEachVector(d, args.experts, [&](std::int64_t e, std::int64_t count) HWY_ATTR {
      const auto slope = hn::Add(LoadUpTo(d, args.slopes + e, count), offset);
      StoreUpTo(d, hn::Mul(LoadUpTo(d, p + e, count), slope), p + e, count);
    });
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

namespace {

// Tokens below which a second thread costs more than it saves.
std::int64_t grain_of(std::int64_t experts) {
  return std::max<std::int64_t>(1, 2048 / std::max<std::int64_t>(experts, 1));
}

}  // namespace

HWY_EXPORT(RouterForwardRows);
HWY_EXPORT(RouterBackwardRows);
HWY_EXPORT(RouterLossRows);

void router(Cpu, const RouterForward<float>& args) {
  parallel_for(0, args.tokens, grain_of(args.experts), [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(RouterForwardRows)(args, begin, end);
  });
}

void router(Cpu, const RouterBackward<float>& args) {
  parallel_for(0, args.tokens, grain_of(args.experts), [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(RouterBackwardRows)(args, begin, end);
  });
}

void router_loss(Cpu, const RouterLoss<float>& args) {
  parallel_for(0, args.tokens, grain_of(args.experts), [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(RouterLossRows)(args, begin, end);
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
