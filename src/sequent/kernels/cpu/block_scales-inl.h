// The scales at the head of quantised blocks, as floats.
#if defined(SEQUENT_KERNELS_CPU_BLOCK_SCALES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_BLOCK_SCALES_INL_H_
#undef SEQUENT_KERNELS_CPU_BLOCK_SCALES_INL_H_
#else
#define SEQUENT_KERNELS_CPU_BLOCK_SCALES_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "sequent/base/half.h"
#include "sequent/kernels/cpu/vector-inl.h"
#include "sequent/kernels/quantised_blocks.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

HWY_INLINE float ValueOf(Half half) {
#if HWY_TARGET <= HWY_AVX2
  const hn::CappedTag<hwy::float16_t, 1> d16;
  const hn::CappedTag<float, 1> d;
  return hn::GetLane(hn::PromoteTo(d, hn::BitCast(d16, hn::Set(hn::CappedTag<std::uint16_t, 1>(), half.bits()))));
#else
  return float_from_f16(half.bits());
#endif
}

// to[j] = factor from[j] for the integers of `count` sub-blocks. One by one they would cost as much as the values.
template <class Byte>
HWY_INLINE void ScalesOf(const Byte* from, int count, float factor, float* to) {
  const hn::CappedTag<float, 8> d;
  const hn::Rebind<Byte, decltype(d)> bytes;
  const hn::RebindToSigned<decltype(d)> integers;
  for (int j = 0; j < count; j += static_cast<int>(hn::Lanes(d))) {
    const auto values = hn::ConvertTo(d, hn::PromoteTo(integers, hn::LoadU(bytes, from + j)));
    hn::StoreU(hn::Mul(hn::Set(d, factor), values), d, to + j);
  }
}

// The eight scales and minima of a block of q4_k or q5_k.
template <class Block>
HWY_INLINE void ScalesAndMinimaOf(const Block& block, float* scales, float* minima) {
  std::uint8_t scale_bits[8], minimum_bits[8];
  block.scales.unpack(scale_bits, minimum_bits);
  ScalesOf(scale_bits, 8, ValueOf(block.d), scales);
  ScalesOf(minimum_bits, 8, ValueOf(block.m), minima);
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
