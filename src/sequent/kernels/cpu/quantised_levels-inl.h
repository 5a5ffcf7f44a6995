// Quantised weights as the small integers they are, for products with activations that are integers too. Each type is a
// struct: the values and bytes of a block; kGroup, the values that share a scale, in kGroups; At(bytes, g, i), the
// integers i, i + 1, ... of group g as a vector; Scales, the scale of each group and, with kMinima, what is subtracted
// from each of its values.
#if defined(SEQUENT_KERNELS_CPU_QUANTISED_LEVELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_QUANTISED_LEVELS_INL_H_
#undef SEQUENT_KERNELS_CPU_QUANTISED_LEVELS_INL_H_
#else
#define SEQUENT_KERNELS_CPU_QUANTISED_LEVELS_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "sequent/kernels/cpu/block_scales-inl.h"
#include "sequent/kernels/quantised_blocks.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// At most 16 integers in a vector, the smallest group.
using LevelTag = hn::CappedTag<std::int16_t, 16>;
using LevelVector = hn::Vec<LevelTag>;
using LevelByteTag = hn::Rebind<std::uint8_t, LevelTag>;
using LevelByteVector = hn::Vec<LevelByteTag>;

HWY_INLINE LevelByteVector LevelBytesAt(const std::uint8_t* from) {
  return hn::LoadU(LevelByteTag(), from);
}

// The halves of each byte: the low ones, or the high ones.
HWY_INLINE LevelByteVector HalvesOf(LevelByteVector bytes, bool high) {
  return high ? hn::ShiftRight<4>(bytes) : hn::And(bytes, hn::Set(LevelByteTag(), 15));
}

// The integers of bytes that are at most 127, less `middle`.
HWY_INLINE LevelVector LevelsOf(LevelByteVector bytes, std::int8_t middle = 0) {
  const hn::RebindToSigned<LevelByteTag> d8;
  const auto from_middle = hn::BitCast(d8, bytes);
  return hn::PromoteTo(LevelTag(), middle == 0 ? from_middle : hn::Sub(from_middle, hn::Set(d8, middle)));
}

struct LevelsQ8_0 {
  using Block = BlockQ8_0;
  static constexpr int kGroup = 32, kGroups = 1;
  static constexpr bool kMinima = false;
  static HWY_INLINE LevelVector At(const Block& block, int, int i) {
    return hn::PromoteTo(LevelTag(), hn::LoadU(hn::RebindToSigned<LevelByteTag>(), block.q + i));
  }
  static HWY_INLINE void Scales(const Block& block, float* scales, float*) { *scales = ValueOf(block.d); }
};

struct LevelsQ4_0 {
  using Block = BlockQ4_0;
  static constexpr int kGroup = 32, kGroups = 1;
  static constexpr bool kMinima = false;
  static HWY_INLINE LevelVector At(const Block& block, int, int i) {
    return LevelsOf(HalvesOf(LevelBytesAt(block.q + i % 16), i >= 16), 8);
  }
  static HWY_INLINE void Scales(const Block& block, float* scales, float*) { *scales = ValueOf(block.d); }
};

// q4_k and q5_k have scales and minima of 6 bits for each 32 values.
template <class BlockType>
struct LevelsWithMinima {
  using Block = BlockType;
  static constexpr int kGroup = 32, kGroups = 8;
  static constexpr bool kMinima = true;
  static HWY_INLINE void Scales(const Block& block, float* scales, float* minima) {
    ScalesAndMinimaOf(block, scales, minima);
  }
};

struct LevelsQ4K : LevelsWithMinima<BlockQ4K> {
  static HWY_INLINE LevelVector At(const Block& block, int g, int i) {
    return LevelsOf(HalvesOf(LevelBytesAt(block.q + 32 * (g / 2) + i), g % 2 == 1));
  }
};

struct LevelsQ5K : LevelsWithMinima<BlockQ5K> {
  static HWY_INLINE LevelVector At(const Block& block, int g, int i) {
    const LevelByteTag d8;
    const auto bit = hn::Set(d8, static_cast<std::uint8_t>(1 << g));
    const auto fifth = hn::IfThenElseZero(hn::TestBit(LevelBytesAt(block.high + i), bit), hn::Set(d8, 16));
    return LevelsOf(hn::Or(HalvesOf(LevelBytesAt(block.q + 32 * (g / 2) + i), g % 2 == 1), fifth));
  }
};

struct LevelsQ6K {
  using Block = BlockQ6K;
  static constexpr int kGroup = 16, kGroups = 16;
  static constexpr bool kMinima = false;
  static HWY_INLINE LevelVector At(const Block& block, int g, int i) {
    const LevelByteTag d8;
    const int half = g / 8, quarter = g % 8 / 2, at = 16 * (g % 2) + i;
    const auto low = HalvesOf(LevelBytesAt(block.low + 64 * half + 32 * (quarter % 2) + at), quarter >= 2);
    // Bits 2 quarter and 2 quarter + 1 move to 4 and 5.
    const auto bytes = LevelBytesAt(block.high + 32 * half + at);
    const auto moved = quarter == 0   ? hn::ShiftLeft<4>(bytes)
                       : quarter == 1 ? hn::ShiftLeft<2>(bytes)
                       : quarter == 2 ? bytes
                                      : hn::ShiftRight<2>(bytes);
    return LevelsOf(hn::Or(low, hn::And(moved, hn::Set(d8, 0x30))), 32);
  }
  static HWY_INLINE void Scales(const Block& block, float* scales, float*) {
    ScalesOf(block.scales, kGroups, ValueOf(block.d), scales);
  }
};

// Calls body with the struct of a type of blocks.
template <class Body>
HWY_INLINE void WithLevels(DType type, Body&& body) {
  switch (type) {
    case DType::q8_0:
      return body(LevelsQ8_0());
    case DType::q4_0:
      return body(LevelsQ4_0());
    case DType::q4_k:
      return body(LevelsQ4K());
    case DType::q5_k:
      return body(LevelsQ5K());
    case DType::q6_k:
      return body(LevelsQ6K());
    default:
      return;
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
