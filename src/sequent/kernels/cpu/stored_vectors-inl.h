// Stored weights as vectors of floats, type by type. Each type is a struct: kPlain, whether every value has bytes of
// its own (a block is then any few of them); the values and the bytes of a block; and Decode(d, bytes, use), which
// calls use(i, v) with the values i, i + 1, ... of the block as a vector, for all i that are multiples of the lanes, in
// an order that depends on the type alone.
#if defined(SEQUENT_KERNELS_CPU_STORED_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_STORED_VECTORS_INL_H_
#undef SEQUENT_KERNELS_CPU_STORED_VECTORS_INL_H_
#else
#define SEQUENT_KERNELS_CPU_STORED_VECTORS_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "sequent/kernels/cpu/block_scales-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"
#include "sequent/kernels/quantised_blocks.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// Sub-blocks of 16 values have one scale.
static_assert(HWY_MAX_BYTES <= 64 || HWY_HAVE_SCALABLE, "at most 16 lanes");

using IntTag = hn::RebindToSigned<FloatTag>;
using ByteTag = hn::Rebind<std::uint8_t, FloatTag>;
using SignedByteTag = hn::Rebind<std::int8_t, FloatTag>;
using ByteVector = hn::Vec<ByteTag>;

HWY_INLINE FloatVector FloatsOf(FloatTag d, ByteVector bytes) {
  return hn::ConvertTo(d, hn::PromoteTo(IntTag(), bytes));
}

HWY_INLINE FloatVector SignedFloatsAt(FloatTag d, const std::int8_t* from) {
  return hn::ConvertTo(d, hn::PromoteTo(IntTag(), hn::LoadU(SignedByteTag(), from)));
}

HWY_INLINE ByteVector LowHalves(ByteVector bytes) {
  return hn::And(bytes, hn::Set(ByteTag(), 15));
}
HWY_INLINE ByteVector HighHalves(ByteVector bytes) {
  return hn::ShiftRight<4>(bytes);
}

struct StoredF32 {
  static constexpr bool kPlain = true;
  static constexpr std::int64_t kValues = 16, kBytes = 64;
  template <class Use>
  static HWY_INLINE void Decode(FloatTag d, const std::uint8_t* bytes, Use&& use) {
    const auto* from = reinterpret_cast<const float*>(bytes);
    for (std::int64_t i = 0; i < kValues; i += LanesOf(d)) use(i, hn::LoadU(d, from + i));
  }
};

#if HWY_TARGET <= HWY_AVX2
HWY_INLINE FloatVector HalvesAt(FloatTag d, const std::uint16_t* from) {
  const hn::Rebind<std::uint16_t, FloatTag> d16;
  return hn::PromoteTo(d, hn::BitCast(hn::Rebind<hwy::float16_t, FloatTag>(), hn::LoadU(d16, from)));
}
#else
// As float_from_f16: where there is no instruction, Highway's own way is wrong for infinity and NaN.
HWY_INLINE FloatVector HalvesAt(FloatTag d, const std::uint16_t* from) {
  const IntTag di;
  const hn::Rebind<std::uint16_t, FloatTag> d16;
  const auto bits = hn::BitCast(di, hn::PromoteTo(hn::RebindToUnsigned<FloatTag>(), hn::LoadU(d16, from)));
  const auto sign = hn::ShiftLeft<16>(hn::And(bits, hn::Set(di, 0x8000)));
  const auto magnitude = hn::ShiftLeft<13>(hn::And(bits, hn::Set(di, 0x7FFF)));
  const auto scaled = hn::BitCast(di, hn::Mul(hn::BitCast(d, magnitude), hn::Set(d, 0x1p112f)));
  const auto special = hn::Or(magnitude, hn::Set(di, 0x7F800000));
  return hn::BitCast(d, hn::Or(sign, hn::IfThenElse(hn::Gt(magnitude, hn::Set(di, 0x0F7FFFFF)), special, scaled)));
}
#endif

struct StoredF16 {
  static constexpr bool kPlain = true;
  static constexpr std::int64_t kValues = 16, kBytes = 32;
  template <class Use>
  static HWY_INLINE void Decode(FloatTag d, const std::uint8_t* bytes, Use&& use) {
    const auto* from = reinterpret_cast<const std::uint16_t*>(bytes);
    for (std::int64_t i = 0; i < kValues; i += LanesOf(d)) use(i, HalvesAt(d, from + i));
  }
};

struct StoredBf16 {
  static constexpr bool kPlain = true;
  static constexpr std::int64_t kValues = 16, kBytes = 32;
  template <class Use>
  static HWY_INLINE void Decode(FloatTag d, const std::uint8_t* bytes, Use&& use) {
    const hn::Rebind<std::uint16_t, FloatTag> d16;
    const hn::RebindToUnsigned<FloatTag> d32;
    const auto* from = reinterpret_cast<const std::uint16_t*>(bytes);
    for (std::int64_t i = 0; i < kValues; i += LanesOf(d)) {
      use(i, hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(d32, hn::LoadU(d16, from + i)))));
    }
  }
};

struct StoredQ8_0 {
  static constexpr bool kPlain = false;
  static constexpr std::int64_t kValues = 32, kBytes = sizeof(BlockQ8_0);
  template <class Use>
  static HWY_INLINE void Decode(FloatTag d, const std::uint8_t* bytes, Use&& use) {
    const auto& block = *reinterpret_cast<const BlockQ8_0*>(bytes);
    const auto scale = hn::Set(d, ValueOf(block.d));
    for (std::int64_t i = 0; i < kValues; i += LanesOf(d)) use(i, hn::Mul(scale, SignedFloatsAt(d, block.q + i)));
  }
};

struct StoredQ4_0 {
  static constexpr bool kPlain = false;
  static constexpr std::int64_t kValues = 32, kBytes = sizeof(BlockQ4_0);
  template <class Use>
  static HWY_INLINE void Decode(FloatTag d, const std::uint8_t* bytes, Use&& use) {
    const auto& block = *reinterpret_cast<const BlockQ4_0*>(bytes);
    const float value = ValueOf(block.d);
    const auto scale = hn::Set(d, value), minimum = hn::Set(d, -8.0f * value);
    for (std::int64_t i = 0; i < 16; i += LanesOf(d)) {
      const auto pairs = hn::LoadU(ByteTag(), block.q + i);
      use(i, hn::MulAdd(scale, FloatsOf(d, LowHalves(pairs)), minimum));
      use(16 + i, hn::MulAdd(scale, FloatsOf(d, HighHalves(pairs)), minimum));
    }
  }
};

struct StoredQ4K {
  static constexpr bool kPlain = false;
  static constexpr std::int64_t kValues = 256, kBytes = sizeof(BlockQ4K);
  template <class Use>
  static HWY_INLINE void Decode(FloatTag d, const std::uint8_t* bytes, Use&& use) {
    const auto& block = *reinterpret_cast<const BlockQ4K*>(bytes);
    float scales[8], minima[8];
    ScalesAndMinimaOf(block, scales, minima);
    for (int pair = 0; pair < 4; ++pair) {
      const auto low_scale = hn::Set(d, scales[2 * pair]), low_minimum = hn::Set(d, minima[2 * pair]);
      const auto high_scale = hn::Set(d, scales[2 * pair + 1]), high_minimum = hn::Set(d, minima[2 * pair + 1]);
      for (std::int64_t i = 0; i < 32; i += LanesOf(d)) {
        const auto pairs = hn::LoadU(ByteTag(), block.q + 32 * pair + i);
        use(64 * pair + i, hn::MulSub(low_scale, FloatsOf(d, LowHalves(pairs)), low_minimum));
        use(64 * pair + 32 + i, hn::MulSub(high_scale, FloatsOf(d, HighHalves(pairs)), high_minimum));
      }
    }
  }
};

struct StoredQ5K {
  static constexpr bool kPlain = false;
  static constexpr std::int64_t kValues = 256, kBytes = sizeof(BlockQ5K);
  template <class Use>
  static HWY_INLINE void Decode(FloatTag d, const std::uint8_t* bytes, Use&& use) {
    const auto& block = *reinterpret_cast<const BlockQ5K*>(bytes);
    const auto sixteen = hn::Set(ByteTag(), 16);
    float scales[8], minima[8];
    ScalesAndMinimaOf(block, scales, minima);
    for (int pair = 0; pair < 4; ++pair) {
      const auto low_scale = hn::Set(d, scales[2 * pair]), low_minimum = hn::Set(d, minima[2 * pair]);
      const auto high_scale = hn::Set(d, scales[2 * pair + 1]), high_minimum = hn::Set(d, minima[2 * pair + 1]);
      const auto low_bit = hn::Set(ByteTag(), static_cast<std::uint8_t>(1 << (2 * pair)));
      const auto high_bit = hn::Set(ByteTag(), static_cast<std::uint8_t>(2 << (2 * pair)));
      for (std::int64_t i = 0; i < 32; i += LanesOf(d)) {
        const auto pairs = hn::LoadU(ByteTag(), block.q + 32 * pair + i);
        const auto fifths = hn::LoadU(ByteTag(), block.high + i);
        const auto low = hn::Or(LowHalves(pairs), hn::IfThenElseZero(hn::TestBit(fifths, low_bit), sixteen));
        const auto high = hn::Or(HighHalves(pairs), hn::IfThenElseZero(hn::TestBit(fifths, high_bit), sixteen));
        use(64 * pair + i, hn::MulSub(low_scale, FloatsOf(d, low), low_minimum));
        use(64 * pair + 32 + i, hn::MulSub(high_scale, FloatsOf(d, high), high_minimum));
      }
    }
  }
};

struct StoredQ6K {
  static constexpr bool kPlain = false;
  static constexpr std::int64_t kValues = 256, kBytes = sizeof(BlockQ6K);
  template <class Use>
  static HWY_INLINE void Decode(FloatTag d, const std::uint8_t* bytes, Use&& use) {
    const auto& block = *reinterpret_cast<const BlockQ6K*>(bytes);
    const auto middle = hn::Set(d, 32.0f);
    const auto two_bits = hn::Set(ByteTag(), 0x30);
    float all_scales[16];
    ScalesOf(block.scales, 16, ValueOf(block.d), all_scales);
    for (int half = 0; half < 2; ++half) {
      const float* scales = all_scales + 8 * half;
      // d s (n - 32): the product of d and s is exact.
      const auto emit = [&](int group, std::int64_t i, ByteVector n) HWY_ATTR {
        const auto scale = hn::Set(d, scales[2 * group + i / 16]);
        use(128 * half + 32 * group + i, hn::Mul(scale, hn::Sub(FloatsOf(d, n), middle)));
      };
      for (std::int64_t i = 0; i < 32; i += LanesOf(d)) {
        const auto first = hn::LoadU(ByteTag(), block.low + 64 * half + i);
        const auto second = hn::LoadU(ByteTag(), block.low + 64 * half + 32 + i);
        const auto upper = hn::LoadU(ByteTag(), block.high + 32 * half + i);
        emit(0, i, hn::Or(LowHalves(first), hn::And(hn::ShiftLeft<4>(upper), two_bits)));
        emit(1, i, hn::Or(LowHalves(second), hn::And(hn::ShiftLeft<2>(upper), two_bits)));
        emit(2, i, hn::Or(HighHalves(first), hn::And(upper, two_bits)));
        emit(3, i, hn::Or(HighHalves(second), hn::And(hn::ShiftRight<2>(upper), two_bits)));
      }
    }
  }
};

// Calls body with the struct of the type; integers have none.
template <class Body>
HWY_INLINE void WithStored(DType type, Body&& body) {
  switch (type) {
    case DType::f32:
      return body(StoredF32());
    case DType::f16:
      return body(StoredF16());
    case DType::bf16:
      return body(StoredBf16());
    case DType::q8_0:
      return body(StoredQ8_0());
    case DType::q4_0:
      return body(StoredQ4_0());
    case DType::q4_k:
      return body(StoredQ4K());
    case DType::q5_k:
      return body(StoredQ5K());
    case DType::q6_k:
      return body(StoredQ6K());
    default:
      return;
  }
}

// Calls body with a pointer to the bytes of the last, incomplete block of plain values, filled up with zeros.
template <class Stored, class Body>
HWY_INLINE void WithFilledBlock(const std::uint8_t* bytes, std::int64_t values, Body&& body) {
  alignas(float) std::uint8_t block[Stored::kBytes] = {};
  std::memcpy(block, bytes, static_cast<std::size_t>(values * (Stored::kBytes / Stored::kValues)));
  body(block);
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
