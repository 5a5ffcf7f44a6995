// Softplus and sigmoid from one exponential; compiled once per SIMD target, so no ordinary include guard.
#if defined(SEQUENT_KERNELS_CPU_SOFTPLUS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_SOFTPLUS_INL_H_
#undef SEQUENT_KERNELS_CPU_SOFTPLUS_INL_H_
#else
#define SEQUENT_KERNELS_CPU_SOFTPLUS_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

inline constexpr float kLog2E = 1.44269504f;
inline constexpr float kLn2 = 0.693147181f;

// 2^x for x <= 0 to about 1.5 units in the last place, exactly 1 at 0; never below 2^-126. A NaN may be lost:
// compilers swap the operands of the maximum.
// Adding 1.5 * 2^23 rounds x to an integer n in the low bits of the sum, and 2^(x - n) is a degree-5 polynomial with
// the least largest relative error among those that are 1 at 0.
HWY_INLINE FloatVector Exp2NonPositive(FloatTag d, FloatVector x) {
  const hn::RebindToSigned<FloatTag> di;
  const auto shift = hn::Set(d, 12582912.0f);
  const auto limited = hn::Max(x, hn::Set(d, -126.0f));
  const auto shifted = hn::Add(limited, shift);
  const auto f = hn::Sub(limited, hn::Sub(shifted, shift));
  auto p = hn::MulAdd(hn::Set(d, 1.32647296e-3f), f, hn::Set(d, 9.67151392e-3f));
  p = hn::MulAdd(p, f, hn::Set(d, 5.55073358e-2f));
  p = hn::MulAdd(p, f, hn::Set(d, 2.40222424e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 6.93147004e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 1.0f));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, p), hn::ShiftLeft<23>(hn::BitCast(di, shifted))));
}

// e^-|x|, from which softplus and sigmoid follow without overflow and with full relative precision on both sides.
HWY_INLINE FloatVector ExpOfMinusAbs(FloatTag d, FloatVector x) {
  return Exp2NonPositive(d, hn::Mul(hn::Abs(x), hn::Set(d, -kLog2E)));
}

// log(1 + e^x) = max(x, 0) + log1p(w), w = e^-|x|. log1p(w) = 2 atanh(s), s = w / (2 + w) in [0, 1/3], by a minimax
// polynomial in s^2. Beyond 20 this is x to the last bit, PyTorch's rule.
HWY_INLINE FloatVector SoftplusFrom(FloatTag d, FloatVector x, FloatVector w) {
  const auto two = hn::Set(d, 2.0f);
  const auto s = hn::Div(w, hn::Add(two, w));
  const auto s2 = hn::Mul(s, s);
  auto p = hn::MulAdd(hn::Set(d, 0.28012046f), s2, hn::Set(d, 0.28001794f));
  p = hn::MulAdd(p, s2, hn::Set(d, 0.40021527f));
  p = hn::MulAdd(p, s2, hn::Set(d, 0.66666418f));
  p = hn::MulAdd(p, s2, two);
  return hn::MulAdd(s, p, hn::Max(hn::Zero(d), x));
}

HWY_INLINE FloatVector SigmoidFrom(FloatTag d, FloatVector x, FloatVector w) {
  const auto one = hn::Set(d, 1.0f);
  return hn::Div(hn::IfThenElse(hn::Ge(x, hn::Zero(d)), one, w), hn::Add(one, w));
}

HWY_INLINE FloatVector ScanSigmoid(FloatTag d, FloatVector x) {
  return SigmoidFrom(d, x, ExpOfMinusAbs(d, x));
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
