#include "sequent/kernels/cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/cross_entropy.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

HWY_INLINE float RowMaximum(FloatTag d, const float* x, std::int64_t size) {
  const std::int64_t lanes = LanesOf(d);
  auto maximum = hn::Set(d, x[0]);
  std::int64_t i = 0;
  for (; i + lanes <= size; i += lanes) maximum = hn::Max(maximum, hn::LoadU(d, x + i));
  float result = MaximumOf(d, maximum);
  for (; i < size; ++i) result = std::max(result, x[i]);
  return result;
}

// sum_i e^(x[i] - maximum), the terms left in `terms` unless it is null.
HWY_INLINE float SumOfExponentials(FloatTag d, const float* x, float maximum, float* terms, std::int64_t size) {
  const std::int64_t lanes = LanesOf(d);
  const auto offset = hn::Set(d, maximum);
  auto sum0 = hn::Zero(d), sum1 = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + 2 * lanes <= size; i += 2 * lanes) {
    const auto e0 = Exp(d, hn::Sub(hn::LoadU(d, x + i), offset));
    const auto e1 = Exp(d, hn::Sub(hn::LoadU(d, x + i + lanes), offset));
    sum0 = hn::Add(sum0, e0);
    sum1 = hn::Add(sum1, e1);
    if (terms) {
      hn::StoreU(e0, d, terms + i);
      hn::StoreU(e1, d, terms + i + lanes);
    }
  }
  for (; i < size; i += lanes) {
    const std::int64_t count = std::min(size - i, lanes);
    // Lanes beyond the end hold e^-maximum: masked out of the sum.
    const auto e = hn::IfThenElseZero(hn::FirstN(d, static_cast<std::size_t>(count)),
                                      Exp(d, hn::Sub(LoadUpTo(d, x + i, count), offset)));
    sum0 = hn::Add(sum0, e);
    if (terms) StoreUpTo(d, e, terms + i, count);
  }
  return SumOf(d, hn::Add(sum0, sum1));
}

void CrossEntropyRows(const CrossEntropy<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  for (std::int64_t r = begin; r < end; ++r) {
    const float* logits = args.logits + r * args.columns;
    float* dlogits = args.dlogits ? args.dlogits + r * args.columns : nullptr;
    const std::int64_t target = args.targets[r];
    if (target < 0) {
      args.losses[r] = 0;
      if (dlogits) std::fill_n(dlogits, args.columns, 0.0f);
      continue;
    }
    const float maximum = RowMaximum(d, logits, args.columns);
    // Read before dlogits, which may be the same memory, is written. The difference of close numbers is exact.
    const float distance = logits[target] - maximum;
    const float sum = SumOfExponentials(d, logits, maximum, dlogits, args.columns);
    args.losses[r] = std::log(sum) - distance;
    if (!dlogits) continue;
    const auto factor = hn::Set(d, args.scale / sum);
    ForEachVector(d, args.columns, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
      StoreUpTo(d, hn::Mul(LoadUpTo(d, dlogits + c, count), factor), dlogits + c, count);
    });
    dlogits[target] -= args.scale;
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

HWY_EXPORT(CrossEntropyRows);

void cross_entropy(Cpu, const CrossEntropy<float>& args) {
  // Below this many elements a second thread costs more than it saves.
  constexpr std::int64_t kGrain = 8192;
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(args.columns, 1));
  parallel_for(0, args.rows, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(CrossEntropyRows)(args, begin, end);
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
