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

#include "sequent/kernels/cpu/softplus-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"
#include "sequent/kernels/selective_scan.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

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
