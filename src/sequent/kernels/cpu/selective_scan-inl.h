// What the forward and backward scan share; compiled once per SIMD target, so no ordinary include guard.
//
// Lanes are channels: a block of channels is cut into vectors, and everything that has a value per channel and state
// is kept transposed, [vector][state][lane], so that a step of the recurrence touches only whole vectors.
#if defined(SEQUENT_KERNELS_CPU_SELECTIVE_SCAN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_SELECTIVE_SCAN_INL_H_
#undef SEQUENT_KERNELS_CPU_SELECTIVE_SCAN_INL_H_
#else
#define SEQUENT_KERNELS_CPU_SELECTIVE_SCAN_INL_H_
#endif

#include <algorithm>

#include "sequent/kernels/cpu/vector-inl.h"
#include "sequent/kernels/selective_scan.h"

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

// A block of channels, cut into vectors. The last may be partial: its other lanes hold zeros that nothing reads.
struct ScanBlock {
  std::int64_t first;    // channel
  std::int64_t width;    // channels
  std::int64_t lanes;    // per vector
  std::int64_t vectors;  // ceil(width / lanes)
  std::int64_t states;

  ScanBlock(std::int64_t index, std::int64_t size, std::int64_t channels, std::int64_t states_)
      : first(index * size),
        width(std::min(size, channels - index * size)),
        lanes(LanesOf(FloatTag())),
        vectors((width + lanes - 1) / lanes),
        states(states_) {}

  std::int64_t elements() const { return vectors * states * lanes; }
  std::int64_t left(std::int64_t v) const { return width - v * lanes; }
};

// [channels, states] (null for zeros) to [vector][state][lane].
HWY_INLINE void LoadStates(const ScanBlock& block, const float* from, float* to) {
  std::fill_n(to, block.elements(), 0.0f);
  if (!from) return;
  from += block.first * block.states;
  for (std::int64_t e = 0; e < block.width; ++e) {
    float* lane = to + e / block.lanes * block.states * block.lanes + e % block.lanes;
    for (std::int64_t s = 0; s < block.states; ++s) lane[s * block.lanes] = from[e * block.states + s];
  }
}

// And back.
HWY_INLINE void StoreStates(const ScanBlock& block, const float* from, float* to) {
  to += block.first * block.states;
  for (std::int64_t e = 0; e < block.width; ++e) {
    const float* lane = from + e / block.lanes * block.states * block.lanes + e % block.lanes;
    for (std::int64_t s = 0; s < block.states; ++s) to[e * block.states + s] = lane[s * block.lanes];
  }
}

// A log2(e) = -exp(a_log) log2(e), so that the decay is a power of two.
HWY_INLINE void LoadDecayRates(const ScanBlock& block, const float* a_log, float* to) {
  const FloatTag d;
  LoadStates(block, a_log, to);
  for (std::int64_t i = 0; i < block.elements(); i += block.lanes) {
    hn::StoreU(hn::Mul(Exp(d, hn::LoadU(d, to + i)), hn::Set(d, -kLog2E)), d, to + i);
  }
}

// Into the second-level cache. The rows of a block are a whole row of all channels apart, too far for the processor
// to foresee.
HWY_INLINE void PrefetchToRead(const float* at) {
  __builtin_prefetch(at, 0, 2);
}

HWY_INLINE void PrefetchToWrite(const float* at) {
  __builtin_prefetch(at, 1, 2);
}

// The checkpoint at packed token t: [states, channels].
template <class Float>
HWY_INLINE Float* CheckpointAt(Float* checkpoints, std::int64_t t, std::int64_t channels, std::int64_t states) {
  return checkpoints + (t / kSelectiveScanChunk - 1) * channels * states;
}

// One token of one vector of channels: the new states, and sum_s c[s] h[s]. `after` may be `before`. With kKeep the
// decays are stored as well.
template <bool kKeep, int kStates>
HWY_INLINE FloatVector ScanToken(FloatTag d, FloatVector delta, FloatVector u, const float* HWY_RESTRICT rates,
                                 const float* HWY_RESTRICT b, const float* HWY_RESTRICT c, const float* before,
                                 float* after, float* HWY_RESTRICT decays, std::int64_t states) {
  const std::int64_t lanes = LanesOf(d), n = kStates ? kStates : states;
  auto y = hn::Zero(d);
  for (std::int64_t s = 0; s < n; ++s) {
    const auto decay = Exp2NonPositive(d, hn::Mul(delta, hn::LoadU(d, rates + s * lanes)));
    const auto h = hn::MulAdd(decay, hn::LoadU(d, before + s * lanes), hn::Mul(u, hn::Set(d, b[s])));
    y = hn::MulAdd(hn::Set(d, c[s]), h, y);
    hn::StoreU(h, d, after + s * lanes);
    if (kKeep) hn::StoreU(decay, d, decays + s * lanes);
  }
  return y;
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
