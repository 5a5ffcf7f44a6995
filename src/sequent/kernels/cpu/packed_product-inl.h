// A matrix product of any size on one thread: its operands are copied into blocks that lie in the nearest caches, whose
// products are tiles. Compiled once per SIMD target, so no ordinary include guard.
//
// Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008), with a block of B, not of A, as
// the larger one: training multiplies many rows by weights, and then each weight is copied once.
#if defined(SEQUENT_KERNELS_CPU_PACKED_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_PACKED_PRODUCT_INL_H_
#undef SEQUENT_KERNELS_CPU_PACKED_PRODUCT_INL_H_
#else
#define SEQUENT_KERNELS_CPU_PACKED_PRODUCT_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/packed_product.h"
#include "sequent/kernels/cpu/tile-inl.h"
#include "sequent/kernels/cpu/tile_product-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"
#include "sequent/kernels/matrix_product.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// A matrix in memory by rows (column = 1) or by columns (row = 1).
struct Operand {
  const float* data;
  std::int64_t row;     // elements from one row to the next
  std::int64_t column;  // and from one column to the next

  HWY_INLINE Operand From(std::int64_t i, std::int64_t j) const { return {data + i * row + j * column, row, column}; }
};

// One k of a panel whose rows lie side by side in A.
HWY_INLINE void CopyPanelColumn(const float* from, float factor, float* to) {
  int i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<float, 4> four;
  const hn::FixedTag<float, 2> two;
  for (; i + 4 <= kBlockRows; i += 4)
    hn::StoreU(hn::Mul(hn::Set(four, factor), hn::LoadU(four, from + i)), four, to + i);
  for (; i + 2 <= kBlockRows; i += 2) hn::StoreU(hn::Mul(hn::Set(two, factor), hn::LoadU(two, from + i)), two, to + i);
#endif
  for (; i < kBlockRows; ++i) to[i] = factor * from[i];
}

// A block of A, in panels of kBlockRows rows: to[panel][k][row] = factor * A[panel * kBlockRows + row, k].
HWY_INLINE void PackRows(const Operand& a, std::int64_t rows, std::int64_t inner, float factor, float* to) {
  if (a.column == 1) {
    for (std::int64_t r = 0; r < rows; r += kBlockRows) {
      const std::int64_t count = std::min<std::int64_t>(kBlockRows, rows - r);
      Transpose(a.data + r * a.row, a.row, count, inner, factor, to + r * inner, kBlockRows);
    }
    return;
  }
  // Through all panels for each k: rows stored side by side share lines of the cache.
  const std::int64_t whole = rows / kBlockRows * kBlockRows;
  for (std::int64_t k = 0; k < inner; ++k) {
    const float* from = a.data + k * a.column;
    float* const panel = to + k * kBlockRows;
    for (std::int64_t r = 0; r < whole; r += kBlockRows) CopyPanelColumn(from + r, factor, panel + r * inner);
    for (std::int64_t r = whole; r < rows; ++r) panel[whole * inner + r - whole] = factor * from[r];
  }
}

// A panel of B: to[k][column] = B[k, column], zero from `columns` to `width`.
HWY_INLINE void PackColumns(const Operand& b, std::int64_t columns, std::int64_t inner, std::int64_t width, float* to) {
  const FloatTag d;
  if (columns < width) std::fill_n(to, inner * width, 0.0f);
  if (b.row == 1) return Transpose(b.data, b.column, columns, inner, 1.0f, to, width);
  for (std::int64_t k = 0; k < inner; ++k) {
    ForEachVector(d, columns, [&](std::int64_t j, std::int64_t count) HWY_ATTR {
      StoreUpTo(d, LoadUpTo(d, b.data + k * b.row + j, count), to + k * width + j, count);
    });
  }
}

// A packed block of A times one of B, to C at `c`.
HWY_INLINE void MultiplyBlocks(const float* a, std::int64_t rows, const float* b, std::int64_t columns,
                               std::int64_t inner, float* c, std::int64_t c_row, bool add) {
  const std::int64_t width = kBlockVectors * LanesOf(FloatTag());
  for (std::int64_t j = 0; j < columns; j += width) {
    for (std::int64_t r = 0; r < rows; r += kBlockRows) {
      MultiplyTile({.a = a + r * inner,
                    .a_row = 1,
                    .a_column = kBlockRows,
                    .b = b + j * inner,
                    .b_row = width,
                    .b_padded = true,
                    .c = c + r * c_row + j,
                    .c_row = c_row,
                    .rows = std::min<std::int64_t>(kBlockRows, rows - r),
                    .columns = std::min(width, columns - j),
                    .inner = inner,
                    .add = add});
    }
  }
}

// C = alpha op(A) op(B), added to C unless beta is 0. Every element is summed over the same parts of `inner` in the
// same order, whatever the rows and columns around it. `scratch` has kPackedProductScratch elements.
inline HWY_NOINLINE void MultiplyPacked(const MatrixProduct<float>& p, float* scratch) {
  constexpr std::int64_t kRows = kRowBlock / kBlockRows * kBlockRows;
  const std::int64_t width = kBlockVectors * LanesOf(FloatTag());
  const Operand a = p.transpose_a ? Operand{p.a, 1, p.a_stride} : Operand{p.a, p.a_stride, 1};
  const Operand b = p.transpose_b ? Operand{p.b, 1, p.b_stride} : Operand{p.b, p.b_stride, 1};
  float* const b_block = scratch;
  float* const a_block = scratch + kInnerBlock * kColumnBlock;
  const std::int64_t parts = (p.inner + kInnerBlock - 1) / kInnerBlock;
  for (std::int64_t column = 0; column < p.columns; column += kColumnBlock) {
    const std::int64_t columns = std::min(kColumnBlock, p.columns - column);
    for (std::int64_t part = 0; part < parts; ++part) {
      const std::int64_t k = p.inner * part / parts, inner = p.inner * (part + 1) / parts - k;
      for (std::int64_t j = 0; j < columns; j += width) {
        PackColumns(b.From(k, column + j), std::min(width, columns - j), inner, width, b_block + j * inner);
      }
      for (std::int64_t row = 0; row < p.rows; row += kRows) {
        const std::int64_t rows = std::min(kRows, p.rows - row);
        PackRows(a.From(row, k), rows, inner, p.alpha, a_block);
        MultiplyBlocks(a_block, rows, b_block, columns, inner, p.c + row * p.c_stride + column, p.c_stride,
                       part > 0 || p.beta != 0);
      }
    }
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
