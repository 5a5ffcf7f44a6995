// How the operands of a packed product are copied into blocks of words, for each precision. Compiled once per SIMD
// target, so no ordinary include guard.
#if defined(SEQUENT_KERNELS_CPU_PACKED_BLOCKS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_PACKED_BLOCKS_INL_H_
#undef SEQUENT_KERNELS_CPU_PACKED_BLOCKS_INL_H_
#else
#define SEQUENT_KERNELS_CPU_PACKED_BLOCKS_INL_H_
#endif

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/bfloat16_words-inl.h"
#include "sequent/kernels/cpu/packed_product.h"
#include "sequent/kernels/cpu/tile-inl.h"
#include "sequent/kernels/cpu/tile_product-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// A matrix in memory by rows (column = 1) or by columns (row = 1).
struct Operand {
  const float* data;
  std::int64_t row;     // elements from one row to the next
  std::int64_t column;  // and from one column to the next

  HWY_INLINE Operand From(std::int64_t i, std::int64_t j) const { return {data + i * row + j * column, row, column}; }
};

// Rows of A as tiles read them: that of the rows from r on begins at data + r * step.
struct TileRows {
  const float* data;
  std::int64_t step;
  std::int64_t row;  // within a tile
  std::int64_t column;
};

HWY_INLINE void CopyTileColumn(const float* from, float* to) {
  int i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<float, 4> four;
  const hn::FixedTag<float, 2> two;
  for (; i + 4 <= kBlockRows; i += 4) hn::StoreU(hn::LoadU(four, from + i), four, to + i);
  for (; i + 2 <= kBlockRows; i += 2) hn::StoreU(hn::LoadU(two, from + i), two, to + i);
#endif
  for (; i < kBlockRows; ++i) to[i] = from[i];
}

// Column k of A into panels of kBlockRows rows: to[panel][k][row] = column[panel * kBlockRows + row].
HWY_INLINE void CopyColumn(const float* column, std::int64_t rows, std::int64_t k, std::int64_t inner, float* to) {
  const std::int64_t whole = rows / kBlockRows * kBlockRows;
  float* const panel = to + k * kBlockRows;
  for (std::int64_t r = 0; r < whole; r += kBlockRows) CopyTileColumn(column + r, panel + r * inner);
  for (std::int64_t r = whole; r < rows; ++r) panel[whole * inner + r - whole] = column[r];
}

// Operands as they are.
struct FloatBlocks {
  using Words = FloatWords;
  static constexpr BlockShape kBlock = kFloatBlock;
  static constexpr std::int64_t kElements = 1;  // along the sums, in a word

  // Whether a block of A is copied where it is stored by columns. A tile then takes a few elements from a line, and
  // lines a power of two apart share a place in the first cache; wide vectors leave the second one the time to bring
  // each again.
  static constexpr bool kCopyColumns = HWY_TARGET > HWY_AVX3;

  static HWY_INLINE TileRows RowsOf(const Operand& a, std::int64_t rows, std::int64_t inner, float* to) {
    if (!kCopyColumns || a.row != 1) return {a.data, a.row, a.row, a.column};
    // Through all panels for each k: rows stored side by side share lines of the cache.
    for (std::int64_t k = 0; k < inner; ++k) CopyColumn(a.data + k * a.column, rows, k, inner, to);
    return {to, inner, 1, kBlockRows};
  }

  // Whether B is better read where it is than copied: with fewer rows than this, and beside an A that is read by
  // columns, always.
  static HWY_INLINE bool InPlace(const Operand& a, const Operand& b, std::int64_t rows, float factor) {
    constexpr std::int64_t kRowsToPack = 320;
    return b.column == 1 && factor == 1 && (rows < kRowsToPack || (a.row == 1 && !kCopyColumns));
  }

  // Copies a panel of B: to[k][column] = factor * B[k, column], zero from `columns` to `width`.
  static HWY_INLINE void CopyPanel(const Operand& b, std::int64_t columns, std::int64_t inner, float factor,
                                   std::int64_t width, float* to, float* /*scratch*/) {
    const FloatTag d;
    const auto scale = hn::Set(d, factor);
    if (columns < width) std::fill_n(to, inner * width, 0.0f);
    if (b.row == 1) return Transpose(b.data, b.column, columns, inner, factor, to, width);
    for (std::int64_t k = 0; k < inner; ++k) {
      ForEachVector(d, columns, [&](std::int64_t j, std::int64_t count) HWY_ATTR {
        StoreUpTo(d, hn::Mul(scale, LoadUpTo(d, b.data + k * b.row + j, count)), to + k * width + j, count);
      });
    }
  }
};

// Operands rounded to bfloat16, two elements in a word.
template <class Bfloat16>
struct Bfloat16Blocks {
  using Words = Bfloat16;
  static constexpr BlockShape kBlock = kBfloat16Block;
  static constexpr std::int64_t kElements = 2;

  static HWY_INLINE TileRows RowsOf(const Operand& a, std::int64_t rows, std::int64_t inner, float* to) {
    const std::int64_t words = (inner + 1) / 2;
    if (a.row != 1) {
      WordsOfEachRow<Words>(a.data, a.row, rows, inner, 1.0f, to);
      return {to, words, words, 1};
    }
    HWY_ALIGN float column[kRowBlock];
    for (std::int64_t k = 0; k < inner; k += 2) {
      const float* first = a.data + k * a.column;
      WordsOfRows<Words>(first, k + 1 < inner ? first + a.column : nullptr, rows, 1.0f, column);
      CopyColumn(column, rows, k / 2, words, to);
    }
    return {to, words, 1, kBlockRows};
  }

  static HWY_INLINE bool InPlace(const Operand&, const Operand&, std::int64_t, float) { return false; }

  static HWY_INLINE void CopyPanel(const Operand& b, std::int64_t columns, std::int64_t inner, float factor,
                                   std::int64_t width, float* to, float* scratch) {
    const std::int64_t words = (inner + 1) / 2;
    if (columns < width) std::fill_n(to, words * width, 0.0f);
    if (b.row == 1) {
      WordsOfEachRow<Words>(b.data, b.column, columns, inner, factor, scratch);
      return TransposeWith(scratch, words, columns, words, Unchanged(), to, width);
    }
    WordsOfRowPairs<Words>(b.data, b.row, inner, columns, factor, to, width);
  }
};

template <class Words>
using BlocksOf = std::conditional_t<std::is_same_v<Words, FloatWords>, FloatBlocks, Bfloat16Blocks<Words>>;

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
