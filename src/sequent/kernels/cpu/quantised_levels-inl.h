// Quantised weights as the small integers they are, for products with activations that are integers too. Each type is a
// struct whose functions take up to 256 values of a row, kUnits units of 32:
//   kBlocks   blocks that these are
//   kGroup    values that share a scale, 32 or 16
//   Scales    the scale of each group and, with kMinima, what is subtracted from each of its values
//   Products  of the levels of part k of a unit, of kRuns equal ones, and its activations, added up in any way. But
//             where a unit is one part and has two groups, each is in a half of the vector
//   kPaired   whether the activations of a unit lie in the order 0, 2, ..., 30, 1, 3, ..., 31
#if defined(SEQUENT_KERNELS_CPU_QUANTISED_LEVELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_QUANTISED_LEVELS_INL_H_
#undef SEQUENT_KERNELS_CPU_QUANTISED_LEVELS_INL_H_
#else
#define SEQUENT_KERNELS_CPU_QUANTISED_LEVELS_INL_H_
#endif

#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "sequent/kernels/cpu/block_scales-inl.h"
#include "sequent/kernels/quantised_blocks.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// At most 16 integers in a vector: half a unit.
using LevelTag = hn::CappedTag<std::int16_t, 16>;
using LevelVector = hn::Vec<LevelTag>;
using ProductTag = hn::CappedTag<float, 8>;
using ProductVector = hn::Vec<ProductTag>;
using SumTag = hn::RebindToSigned<ProductTag>;
using SumVector = hn::Vec<SumTag>;

constexpr int kUnits = 8;
constexpr int kUnit = 32;
constexpr int kRuns = 16 / hn::MaxLanes(LevelTag());

// Products of integers, added up in pairs.
HWY_INLINE SumVector AddProducts(LevelVector a, LevelVector b, SumVector sums) {
  const SumTag d32;
#if HWY_TARGET == HWY_SCALAR
  return hn::Add(sums, hn::Mul(hn::PromoteTo(d32, a), hn::PromoteTo(d32, b)));
#else
  auto others = hn::Zero(d32);
  sums = hn::ReorderWidenMulAccumulate(d32, a, b, sums, others);
  return hn::Add(sums, others);
#endif
}

HWY_INLINE LevelVector LevelsAt(const std::int16_t* from) {
  return hn::LoadU(LevelTag(), from);
}

// Pairs of bytes: the even ones are the lower halves.
using PairTag = hn::RebindToUnsigned<LevelTag>;
using PairVector = hn::Vec<PairTag>;

HWY_INLINE PairVector PairsAt(const std::uint8_t* from) {
  const PairTag d16;
#if HWY_TARGET == HWY_SCALAR
  std::uint16_t pair;
  std::memcpy(&pair, from, sizeof pair);
  return hn::Set(d16, pair);
#else
  return hn::BitCast(d16, hn::LoadU(hn::Repartition<std::uint8_t, PairTag>(), from));
#endif
}

// The bits `mask` of every number after a shift to the right, or to the left if it is negative.
template <int kShift>
HWY_INLINE PairVector BitsOf(PairVector pairs, int mask) {
  const auto bits = hn::Set(PairTag(), static_cast<std::uint16_t>(mask));
  if constexpr (kShift > 0) return hn::And(hn::ShiftRight<kShift>(pairs), bits);
  if constexpr (kShift < 0) return hn::And(hn::ShiftLeft<-kShift>(pairs), bits);
  return hn::And(pairs, bits);
}

// Of the even and the odd values of run k of a unit.
template <class Levels, int kUnitOf>
HWY_INLINE SumVector PairedProducts(const typename Levels::Block& block, int k, const std::int16_t* a) {
  constexpr int kLanes = hn::MaxLanes(LevelTag());
  const LevelTag d;
  auto sums = AddProducts(hn::BitCast(d, Levels::template At<kUnitOf, 0>(block, k * kLanes)), LevelsAt(a + k * kLanes),
                          hn::Zero(SumTag()));
  return AddProducts(hn::BitCast(d, Levels::template At<kUnitOf, 8>(block, k * kLanes)), LevelsAt(a + 16 + k * kLanes),
                     sums);
}

// The halves of 8 blocks, fewer at the end of a row, as floats; zero for those that are not there.
template <class Block>
HWY_INLINE void HeadsOf(const Block* blocks, int count, float factor, float* to) {
  std::uint16_t bits[kUnits] = {};
  for (int i = 0; i < count; ++i) bits[i] = blocks[i].d.bits();
#if HWY_TARGET <= HWY_AVX2
  const ProductTag d;
  const hn::Rebind<hwy::float16_t, ProductTag> d16;
  const hn::RebindToUnsigned<decltype(d16)> du16;
  hn::StoreU(hn::Mul(hn::Set(d, factor), hn::PromoteTo(d, hn::BitCast(d16, hn::LoadU(du16, bits)))), d, to);
#else
  for (int i = 0; i < kUnits; ++i) to[i] = factor * float_from_f16(bits[i]);
#endif
}

struct LevelsQ8_0 {
  using Block = BlockQ8_0;
  static constexpr int kBlocks = 8, kGroup = 32;
  static constexpr bool kMinima = false, kPaired = false;
  static HWY_INLINE void Scales(const Block* blocks, int count, float* scales, float*) {
    HeadsOf(blocks, count, 1, scales);
  }
  template <int kUnitOf>
  static HWY_INLINE SumVector Products(const Block* blocks, int k, const std::int16_t* a) {
    constexpr int kLanes = hn::MaxLanes(LevelTag());
    const LevelTag d;
    const hn::Rebind<std::int8_t, LevelTag> d8;
    auto sums = hn::Zero(SumTag());
    for (const int i : {2 * k * kLanes, (2 * k + 1) * kLanes}) {
      sums = AddProducts(hn::PromoteTo(d, hn::LoadU(d8, blocks[kUnitOf].q + i)), LevelsAt(a + i), sums);
    }
    return sums;
  }
};

struct LevelsQ4_0 {
  using Block = BlockQ4_0;
  static constexpr int kBlocks = 8, kGroup = 32;
  static constexpr bool kMinima = true, kPaired = false;
  static HWY_INLINE void Scales(const Block* blocks, int count, float* scales, float* minima) {
    HeadsOf(blocks, count, 1, scales);
    HeadsOf(blocks, count, 8, minima);
  }
  template <int kUnitOf>
  static HWY_INLINE SumVector Products(const Block* blocks, int k, const std::int16_t* a) {
    constexpr int kLanes = hn::MaxLanes(LevelTag());
    const LevelTag d;
    const hn::Rebind<std::uint8_t, LevelTag> d8;
    auto sums = hn::Zero(SumTag());
    for (const int i : {2 * k * kLanes, (2 * k + 1) * kLanes}) {
      const auto pairs = hn::LoadU(d8, blocks[kUnitOf].q + i % 16);
      const auto levels = i < 16 ? hn::And(pairs, hn::Set(d8, 15)) : hn::ShiftRight<4>(pairs);
      sums = AddProducts(hn::PromoteTo(d, levels), LevelsAt(a + i), sums);
    }
    return sums;
  }
};

// q4_k and q5_k.
template <class Levels, class BlockType>
struct LevelsWithMinima {
  using Block = BlockType;
  static constexpr int kBlocks = 1, kGroup = 32;
  static constexpr bool kMinima = true, kPaired = true;
  static HWY_INLINE void Scales(const Block* block, int, float* scales, float* minima) {
    ScalesAndMinimaOf(*block, scales, minima);
  }
  template <int kUnitOf>
  static HWY_INLINE SumVector Products(const Block* block, int k, const std::int16_t* a) {
    return PairedProducts<Levels, kUnitOf>(*block, k, a);
  }
};

struct LevelsQ4K : LevelsWithMinima<LevelsQ4K, BlockQ4K> {
  template <int kUnitOf, int kOdd>
  static HWY_INLINE PairVector At(const BlockQ4K& block, int i) {
    return BitsOf<kOdd + kUnitOf % 2 * 4>(PairsAt(block.q + 32 * (kUnitOf / 2) + 2 * i), 15);
  }
};

struct LevelsQ5K : LevelsWithMinima<LevelsQ5K, BlockQ5K> {
  template <int kUnitOf, int kOdd>
  static HWY_INLINE PairVector At(const BlockQ5K& block, int i) {
    const auto fifth = BitsOf<kOdd + kUnitOf - 4>(PairsAt(block.high + 2 * i), 16);
    return hn::Or(BitsOf<kOdd + kUnitOf % 2 * 4>(PairsAt(block.q + 32 * (kUnitOf / 2) + 2 * i), 15), fifth);
  }
};

struct LevelsQ6K {
  using Block = BlockQ6K;
  static constexpr int kBlocks = 1, kGroup = 16;
  static constexpr bool kMinima = true, kPaired = true;
  static HWY_INLINE void Scales(const Block* block, int, float* scales, float* minima) {
    ScalesOf(block->scales, 16, ValueOf(block->d), scales);
    ScalesOf(block->scales, 16, 32 * ValueOf(block->d), minima);
  }
  template <int kUnitOf, int kOdd>
  static HWY_INLINE PairVector At(const Block& block, int i) {
    constexpr int kHalf = kUnitOf / 4, kQuarter = kUnitOf % 4;
    const auto upper = BitsOf<kOdd + 2 * kQuarter - 4>(PairsAt(block.high + 32 * kHalf + 2 * i), 0x30);
    const auto low = PairsAt(block.low + 64 * kHalf + 32 * (kQuarter % 2) + 2 * i);
    return hn::Or(BitsOf<kOdd + kQuarter / 2 * 4>(low, 15), upper);
  }
  template <int kUnitOf>
  static HWY_INLINE SumVector Products(const Block* block, int k, const std::int16_t* a) {
    return PairedProducts<LevelsQ6K, kUnitOf>(*block, k, a);
  }
};

// The scales of run k of a unit: one, or two for its halves.
template <class Levels, int kUnitOf>
HWY_INLINE ProductVector ScalesOfRun(const float* scales, int k) {
  const ProductTag d;
  if constexpr (Levels::kGroup == kUnit) {
    (void)k;
    return hn::Set(d, scales[kUnitOf]);
  } else if constexpr (kRuns == 1) {
    return hn::IfThenElse(hn::FirstN(d, hn::Lanes(d) / 2), hn::Set(d, scales[2 * kUnitOf]),
                          hn::Set(d, scales[2 * kUnitOf + 1]));
  } else {
    return hn::Set(d, scales[2 * kUnitOf + 2 * k / kRuns]);
  }
}

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
