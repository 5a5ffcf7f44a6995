// The two passes of a softmax over a row; compiled once per SIMD target, so no ordinary include guard.
#if defined(SEQUENT_KERNELS_CPU_SOFTMAX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_SOFTMAX_INL_H_
#undef SEQUENT_KERNELS_CPU_SOFTMAX_INL_H_
#else
#define SEQUENT_KERNELS_CPU_SOFTMAX_INL_H_
#endif

#include <algorithm>

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

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
