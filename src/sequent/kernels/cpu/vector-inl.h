// Small vector helpers shared by the CPU kernels; compiled once per SIMD target, so no ordinary include guard.
#if defined(SEQUENT_KERNELS_CPU_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_VECTOR_INL_H_
#undef SEQUENT_KERNELS_CPU_VECTOR_INL_H_
#else
#define SEQUENT_KERNELS_CPU_VECTOR_INL_H_
#endif

#include <cmath>
#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using FloatVector = hn::Vec<FloatTag>;

inline std::int64_t LanesOf(FloatTag d) { return static_cast<std::int64_t>(hn::Lanes(d)); }

// The first `count` lanes from memory, the rest zero; a whole vector when count is at least that.
HWY_INLINE FloatVector LoadUpTo(FloatTag d, const float* from, std::int64_t count) {
  if (HWY_LIKELY(count >= LanesOf(d))) return hn::LoadU(d, from);
#if HWY_TARGET <= HWY_AVX3
  return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, from);
#else
  HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)] = {};
  for (std::int64_t i = 0; i < count; ++i) lanes[i] = from[i];
  return hn::Load(d, lanes);
#endif
}

HWY_INLINE void StoreUpTo(FloatTag d, FloatVector v, float* to, std::int64_t count) {
  if (HWY_LIKELY(count >= LanesOf(d))) {
    hn::StoreU(v, d, to);
    return;
  }
  HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(v, d, lanes);
  for (std::int64_t i = 0; i < count; ++i) to[i] = lanes[i];
}

// Calls body(i, count) for i = 0, Lanes, 2 Lanes, ... < size; count is what is left from i on.
template <class Body>
HWY_INLINE void ForEachVector(FloatTag d, std::int64_t size, Body&& body) {
  const std::int64_t lanes = LanesOf(d);
  for (std::int64_t i = 0; i < size; i += lanes) body(i, size - i);
}

HWY_INLINE float SumOf(FloatTag d, FloatVector v) { return hn::GetLane(hn::SumOfLanes(d, v)); }

HWY_INLINE float MaximumOf(FloatTag d, FloatVector v) { return hn::GetLane(hn::MaxOfLanes(d, v)); }

// sum_i a[i] * b[i], four independent accumulators.
HWY_INLINE float Dot(FloatTag d, const float* a, const float* b, std::int64_t size) {
  const std::int64_t lanes = LanesOf(d);
  auto s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + 4 * lanes <= size; i += 4 * lanes) {
    s0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
    s1 = hn::MulAdd(hn::LoadU(d, a + i + lanes), hn::LoadU(d, b + i + lanes), s1);
    s2 = hn::MulAdd(hn::LoadU(d, a + i + 2 * lanes), hn::LoadU(d, b + i + 2 * lanes), s2);
    s3 = hn::MulAdd(hn::LoadU(d, a + i + 3 * lanes), hn::LoadU(d, b + i + 3 * lanes), s3);
  }
  for (; i < size; i += lanes) s0 = hn::MulAdd(LoadUpTo(d, a + i, size - i), LoadUpTo(d, b + i, size - i), s0);
  return SumOf(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)));
}

// e^x to about 2 units in the last place; 0 below -87.3, inf above 88.7, NaN stays NaN.
// Cody-Waite reduction to r in [-ln2/2, ln2/2] and a degree-6 minimax polynomial.
HWY_INLINE FloatVector Exp(FloatTag d, FloatVector x) {
  const hn::RebindToSigned<FloatTag> di;
  const auto limited = hn::Min(hn::Max(x, hn::Set(d, -87.33654f)), hn::Set(d, 88.72283f));
  const auto n = hn::Round(hn::Mul(limited, hn::Set(d, 1.44269504f)));
  auto r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), limited);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  auto p = hn::Set(d, 1.9875691500e-4f);
  p = hn::MulAdd(p, r, hn::Set(d, 1.3981999507e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 8.3334519073e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.1665795894e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.6666665459e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 5.0000001201e-1f));
  p = hn::MulAdd(p, hn::Mul(r, r), hn::Add(r, hn::Set(d, 1.0f)));
  // 2^n in two halves, so that n = 128 does not overflow the exponent field.
  const auto exponent = hn::ConvertTo(di, n);
  const auto half = hn::ShiftRight<1>(exponent);
  const auto power = [&](auto e) HWY_ATTR {
    return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(e, hn::Set(di, 127))));
  };
  const auto result = hn::Mul(hn::Mul(p, power(half)), power(hn::Sub(exponent, half)));
  const auto with_low = hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -87.33654f)), result);
  const auto with_high = hn::IfThenElse(hn::Gt(x, hn::Set(d, 88.72283f)), hn::Inf(d), with_low);
  // Not Ne(x, x): before Highway 1.1 that comparison is false for NaN on AVX2 and later.
  return hn::IfThenElse(hn::IsNaN(x), x, with_high);
}

// 1 / (1 + e^-x).
HWY_INLINE FloatVector Sigmoid(FloatTag d, FloatVector x) {
  const auto one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, Exp(d, hn::Neg(x))));
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
