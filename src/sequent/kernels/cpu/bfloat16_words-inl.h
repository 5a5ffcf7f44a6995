// Words of two neighbours along the sums of a product, rounded to bfloat16; compiled once per SIMD target, so no
// ordinary include guard. A word is kept where floats are, and is not a number: only its bits are moved.
#if defined(SEQUENT_KERNELS_CPU_BFLOAT16_WORDS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_BFLOAT16_WORDS_INL_H_
#undef SEQUENT_KERNELS_CPU_BFLOAT16_WORDS_INL_H_
#else
#define SEQUENT_KERNELS_CPU_BFLOAT16_WORDS_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "sequent/kernels/product_precision.h"
// After highway.h.
#include "sequent/kernels/cpu/tile_product-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// On any processor.
struct Bfloat16Words {
  using BitsTag = hn::RebindToUnsigned<FloatTag>;

  // The nearest bfloat16, ties to even, as a float whose lower bits say nothing.
  static HWY_INLINE hn::Vec<BitsTag> Rounded(FloatVector x) {
    const BitsTag bits;
    const auto u = hn::BitCast(bits, x);
    const auto odd = hn::And(hn::ShiftRight<16>(u), hn::Set(bits, 1u));
    const auto rounded = hn::Add(u, hn::Add(odd, hn::Set(bits, 0x7FFFu)));
    // Adding would carry some NaN into the sign.
    return hn::IfThenElse(hn::RebindMask(bits, hn::IsNaN(x)), hn::Or(u, hn::Set(bits, 0x400000u)), rounded);
  }

  // A word of each lane of two vectors, `first` in its lower half.
  static HWY_INLINE FloatVector Of(FloatVector first, FloatVector second) {
    const BitsTag bits;
    const auto high = hn::And(Rounded(second), hn::Set(bits, 0xFFFF0000u));
    return hn::BitCast(FloatTag(), hn::Or(hn::ShiftRight<16>(Rounded(first)), high));
  }

#if HWY_TARGET != HWY_SCALAR
  // A word of each two neighbours, those of `low` first.
  static HWY_INLINE FloatVector OfNeighbours(FloatVector low, FloatVector high) {
    return Of(hn::ConcatEven(FloatTag(), high, low), hn::ConcatOdd(FloatTag(), high, low));
  }
#endif

  // sum + the products of both halves.
  static HWY_INLINE FloatVector MulAdd(FloatVector a, FloatVector b, FloatVector sum) {
    const FloatTag d;
    const BitsTag bits;
    const auto low = [&](FloatVector x) HWY_ATTR { return hn::BitCast(d, hn::ShiftLeft<16>(hn::BitCast(bits, x))); };
    const auto high = [&](FloatVector x) HWY_ATTR {
      return hn::BitCast(d, hn::And(hn::BitCast(bits, x), hn::Set(bits, 0xFFFF0000u)));
    };
    return hn::MulAdd(low(a), low(b), hn::MulAdd(high(a), high(b), sum));
  }
};

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
// The same with the instructions of AVX512-BF16, which Highway 1.0 does not have. They take subnormal numbers for
// zeros.
struct Bfloat16Instructions {
  static HWY_INLINE FloatVector Of(FloatVector first, FloatVector second) {
    alignas(64) static constexpr std::uint16_t kOneOfEach[32] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                                 21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                                 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    const __m512i both = _mm512_castps_si512(OfNeighbours(first, second).raw);
    first.raw = _mm512_castsi512_ps(_mm512_permutexvar_epi16(_mm512_load_si512(kOneOfEach), both));
    return first;
  }

  static HWY_INLINE FloatVector OfNeighbours(FloatVector low, FloatVector high) {
    asm("vcvtne2ps2bf16 %1, %0, %0" : "+v"(high.raw) : "v"(low.raw));
    return high;
  }

  static HWY_INLINE FloatVector MulAdd(FloatVector a, FloatVector b, FloatVector sum) {
    asm("vdpbf16ps %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
    return sum;
  }
};
#endif

// Calls body with the words of a precision, FloatWords or one of those above.
template <class Body>
HWY_INLINE void WithWords(ProductPrecision precision, Body&& body) {
  if (precision == ProductPrecision::float32) return body(FloatWords());
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  if (multiplies_bfloat16()) return body(Bfloat16Instructions());
#endif
  body(Bfloat16Words());
}

// to[j] = the word of factor * first[j] and factor * second[j], which is null for zeros.
template <class Words>
HWY_INLINE void WordsOfRows(const float* first, const float* second, std::int64_t size, float factor, float* to) {
  const FloatTag d;
  const auto scale = hn::Set(d, factor);
  ForEachVector(d, size, [&](std::int64_t j, std::int64_t count) HWY_ATTR {
    const auto low = hn::Mul(scale, LoadUpTo(d, first + j, count));
    const auto high = second ? hn::Mul(scale, LoadUpTo(d, second + j, count)) : hn::Zero(d);
    StoreUpTo(d, Words::Of(low, high), to + j, count);
  });
}

// to[k / 2, :] = the words of factor * from[k, :] and factor * from[k + 1, :], zeros past the last row.
template <class Words>
HWY_INLINE void WordsOfRowPairs(const float* from, std::int64_t from_row, std::int64_t rows, std::int64_t columns,
                                float factor, float* to, std::int64_t to_row) {
  for (std::int64_t k = 0; k < rows; k += 2) {
    const float* first = from + k * from_row;
    WordsOfRows<Words>(first, k + 1 < rows ? first + from_row : nullptr, columns, factor, to + k / 2 * to_row);
  }
}

// to[p] = the word of factor * row[2 p] and factor * row[2 p + 1]; zero past the end.
template <class Words>
HWY_INLINE void WordsOfRow(const float* row, std::int64_t size, float factor, float* to) {
  const FloatTag d;
  const auto scale = hn::Set(d, factor);
#if HWY_TARGET == HWY_SCALAR
  for (std::int64_t i = 0; i < size; i += 2) {
    const auto high = i + 1 < size ? hn::Mul(scale, hn::LoadU(d, row + i + 1)) : hn::Zero(d);
    hn::StoreU(Words::Of(hn::Mul(scale, hn::LoadU(d, row + i)), high), d, to + i / 2);
  }
#else
  const std::int64_t lanes = LanesOf(d);
  for (std::int64_t i = 0; i < size; i += 2 * lanes) {
    const auto low = hn::Mul(scale, LoadUpTo(d, row + i, size - i));
    const auto high = i + lanes < size ? hn::Mul(scale, LoadUpTo(d, row + i + lanes, size - i - lanes)) : hn::Zero(d);
    StoreUpTo(d, Words::OfNeighbours(low, high), to + i / 2, (size - i + 1) / 2);
  }
#endif
}

// The same of each row; to: [rows, (columns + 1) / 2].
template <class Words>
HWY_INLINE void WordsOfEachRow(const float* from, std::int64_t from_row, std::int64_t rows, std::int64_t columns,
                               float factor, float* to) {
  const std::int64_t words = (columns + 1) / 2;
  for (std::int64_t r = 0; r < rows; ++r) WordsOfRow<Words>(from + r * from_row, columns, factor, to + r * words);
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
