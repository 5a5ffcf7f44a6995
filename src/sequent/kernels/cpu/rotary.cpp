#include "sequent/kernels/rotary.h"

#include <algorithm>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/rotary.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {
namespace {

using DoubleTag = hn::ScalableTag<double>;

// Frequencies done at once, so that the cosines and sines of a token fit a buffer on the stack.
constexpr std::int64_t kChunk = 64;

// cosines[j], sines[j] of position * frequencies[j] for j < kChunk. The angle is brought to [-pi/4, pi/4] in double,
// so that late positions lose nothing; the polynomials (Moshier, Cephes, sinf.c) are float.
void CosinesAndSines(double position, const double* frequencies, std::int64_t count, float* cosines, float* sines) {
  const DoubleTag dd;
  const hn::Rebind<float, DoubleTag> df;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(dd));
  const auto one = hn::Set(df, 1.0f);
  for (std::int64_t j = 0; j < count; j += lanes) {
    const auto angle = hn::Mul(hn::Set(dd, position), hn::Load(dd, frequencies + j));
    const auto n = hn::Round(hn::Mul(angle, hn::Set(dd, 6.36619772367581382433e-01)));
    const auto reduced = hn::NegMulAdd(n, hn::Set(dd, 6.12323399573676603587e-17),
                                       hn::NegMulAdd(n, hn::Set(dd, 1.57079632679489655800e+00), angle));
    const auto quarter_of = hn::NegMulAdd(hn::Floor(hn::Mul(n, hn::Set(dd, 0.25))), hn::Set(dd, 4.0), n);
    const auto r = hn::DemoteTo(df, reduced);
    const auto quarter = hn::DemoteTo(df, quarter_of);  // 0, 1, 2 or 3 quarter turns
    const auto z = hn::Mul(r, r);
    auto s = hn::MulAdd(hn::Set(df, -1.9515295891e-4f), z, hn::Set(df, 8.3321608736e-3f));
    s = hn::MulAdd(s, z, hn::Set(df, -1.6666654611e-1f));
    s = hn::MulAdd(hn::Mul(s, z), r, r);
    auto c = hn::MulAdd(hn::Set(df, 2.443315711809948e-5f), z, hn::Set(df, -1.388731625493765e-3f));
    c = hn::MulAdd(c, z, hn::Set(df, 4.166664568298827e-2f));
    c = hn::MulAdd(hn::Mul(c, z), z, hn::NegMulAdd(hn::Set(df, 0.5f), z, one));
    const auto first = hn::Eq(quarter, one);
    const auto second = hn::Eq(quarter, hn::Set(df, 2.0f));
    const auto third = hn::Eq(quarter, hn::Set(df, 3.0f));
    const auto odd = hn::Or(first, third);
    const auto sine = hn::IfThenElse(odd, c, s);
    const auto cosine = hn::IfThenElse(odd, s, c);
    hn::StoreU(hn::IfThenElse(hn::Or(second, third), hn::Neg(sine), sine), df, sines + j);
    hn::StoreU(hn::IfThenElse(hn::Or(first, second), hn::Neg(cosine), cosine), df, cosines + j);
  }
}

}  // namespace

void RotaryTokens(const Rotary<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const std::int64_t half = args.width / 2;
  HWY_ALIGN double frequencies[kChunk];
  HWY_ALIGN float cosines[kChunk];
  HWY_ALIGN float sines[kChunk];
  for (std::int64_t from = 0; from < half; from += kChunk) {
    const std::int64_t count = std::min(kChunk, half - from);
    std::fill_n(frequencies, kChunk, 0.0);
    std::copy_n(args.frequencies + from, count, frequencies);
    for (std::int64_t t = begin; t < end; ++t) {
      CosinesAndSines(args.direction * static_cast<double>(args.positions[t]), frequencies, count, cosines, sines);
      for (std::int64_t h = 0; h < args.heads; ++h) {
        const std::int64_t at = (t * args.heads + h) * args.width + from;
        ForEachVector(d, count, [&](std::int64_t j, std::int64_t left) HWY_ATTR {
          const auto cosine = hn::Load(d, cosines + j);
          const auto sine = hn::Load(d, sines + j);
          const auto x1 = LoadUpTo(d, args.x + at + j, left);
          const auto x2 = LoadUpTo(d, args.x + at + half + j, left);
          StoreUpTo(d, hn::NegMulAdd(x2, sine, hn::Mul(x1, cosine)), args.y + at + j, left);
          StoreUpTo(d, hn::MulAdd(x2, cosine, hn::Mul(x1, sine)), args.y + at + half + j, left);
        });
      }
    }
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

HWY_EXPORT(RotaryTokens);

void rotary(Cpu, const Rotary<float>& args) {
  const std::int64_t grain = std::max<std::int64_t>(1, 16384 / (args.heads * args.width));
  parallel_for(0, args.tokens, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(RotaryTokens)(args, begin, end);
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
