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

// Pairs (x1[j], x2[j]) for j < count.
void TurnHalves(const float* cosines, const float* sines, std::int64_t count, const float* x1, const float* x2,
                float* y1, float* y2) {
  const FloatTag d;
  ForEachVector(d, count, [&](std::int64_t j, std::int64_t left) HWY_ATTR {
    const auto cosine = hn::Load(d, cosines + j);
    const auto sine = hn::Load(d, sines + j);
    const auto first = LoadUpTo(d, x1 + j, left);
    const auto second = LoadUpTo(d, x2 + j, left);
    StoreUpTo(d, hn::NegMulAdd(second, sine, hn::Mul(first, cosine)), y1 + j, left);
    StoreUpTo(d, hn::MulAdd(second, cosine, hn::Mul(first, sine)), y2 + j, left);
  });
}

// Pairs (x[2 j], x[2 j + 1]) for j < count.
void TurnNeighbours(const float* cosines, const float* sines, std::int64_t count, const float* x, float* y) {
  const FloatTag d;
  const std::int64_t lanes = LanesOf(d);
  std::int64_t j = 0;
  for (; j + lanes <= count; j += lanes) {
    const auto cosine = hn::Load(d, cosines + j);
    const auto sine = hn::Load(d, sines + j);
    FloatVector first, second;
    hn::LoadInterleaved2(d, x + 2 * j, first, second);
    hn::StoreInterleaved2(hn::NegMulAdd(second, sine, hn::Mul(first, cosine)),
                          hn::MulAdd(second, cosine, hn::Mul(first, sine)), d, y + 2 * j);
  }
  for (; j < count; ++j) {
    const float first = x[2 * j];
    const float second = x[2 * j + 1];
    y[2 * j] = first * cosines[j] - second * sines[j];
    y[2 * j + 1] = second * cosines[j] + first * sines[j];
  }
}

}  // namespace

void RotaryTokens(const Rotary<float>& args, std::int64_t begin, std::int64_t end) {
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
        const float* x = args.x + (t * args.heads + h) * args.width;
        float* y = args.y + (t * args.heads + h) * args.width;
        if (args.pairs == RotaryPairs::interleaved) {
          TurnNeighbours(cosines, sines, count, x + 2 * from, y + 2 * from);
        } else {
          TurnHalves(cosines, sines, count, x + from, x + half + from, y + from, y + half + from);
        }
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
