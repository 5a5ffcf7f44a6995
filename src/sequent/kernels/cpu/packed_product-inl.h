// A matrix product of any size on one thread: B is copied into blocks that lie in the nearest caches, A is read where
// it is, and their products are tiles. Compiled once per SIMD target, so no ordinary include guard.
//
// Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008), with a block of B, not of A, as
// the larger one: training multiplies many rows by weights, and then each weight is copied once. A tile reads few rows
// of A, one element after the other, and the first cache holds their lines without a copy.
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

// Whether a block of A is copied where it is stored by columns. A tile then takes a few elements from a line, and lines
// a power of two apart share a place in the first cache; wide vectors leave the second one the time to bring each
// again.
constexpr bool kCopyColumns = HWY_TARGET > HWY_AVX3;

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

// A block of A, stored by columns, in panels of kBlockRows rows: to[panel][k][row] = A[panel * kBlockRows + row, k].
HWY_INLINE void PackColumns(const Operand& a, std::int64_t rows, std::int64_t inner, float* to) {
  // Through all panels for each k: rows stored side by side share lines of the cache.
  const std::int64_t whole = rows / kBlockRows * kBlockRows;
  for (std::int64_t k = 0; k < inner; ++k) {
    const float* from = a.data + k * a.column;
    float* const panel = to + k * kBlockRows;
    for (std::int64_t r = 0; r < whole; r += kBlockRows) CopyTileColumn(from + r, panel + r * inner);
    for (std::int64_t r = whole; r < rows; ++r) panel[whole * inner + r - whole] = from[r];
  }
}

// Copies a panel of B: to[k][column] = factor * B[k, column], zero from `columns` to `width`.
HWY_INLINE void PackPanel(const Operand& b, std::int64_t columns, std::int64_t inner, float factor, std::int64_t width,
                          float* to) {
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

// Brings a block of B nearer while the one before it is multiplied, some lines for every tile: weights come from far
// away, and copying them would wait for each.
struct BlockAhead {
  const float* data = nullptr;
  std::int64_t stride = 0;  // elements from one run of neighbours in memory to the next
  std::int64_t runs = 0;
  std::int64_t run_lines = 0;
  std::int64_t lines_per_tile = 0;
  std::int64_t run = 0;
  std::int64_t line = 0;

  // The block b of [inner, columns], while so many tiles are computed.
  static HWY_INLINE BlockAhead Of(const Operand& b, std::int64_t inner, std::int64_t columns, std::int64_t tiles) {
    const bool by_columns = b.row == 1;
    BlockAhead ahead = {.data = b.data, .stride = by_columns ? b.column : b.row};
    ahead.runs = by_columns ? columns : inner;
    ahead.run_lines = ((by_columns ? inner : columns) + kLine - 1) / kLine;
    ahead.lines_per_tile = (ahead.runs * ahead.run_lines + tiles - 1) / tiles;
    return ahead;
  }

  HWY_INLINE void ForTile() {
    for (std::int64_t i = 0; i < lines_per_tile && run < runs; ++i) {
      // Into the second cache: the first is full of tiles.
      __builtin_prefetch(data + run * stride + line * kLine, 0, 2);
      if (++line < run_lines) continue;
      line = 0;
      ++run;
    }
  }

  static constexpr std::int64_t kLine = 16;
};

// Part of a product: all rows of C, some columns, and a part of the sums.
struct BlockProduct {
  Operand a;  // [rows, inner]
  Operand b;  // [inner, columns]
  float* c;
  std::int64_t c_row;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t inner;
  float factor;
  bool add;
  Operand next_b;  // the block of B after this
  std::int64_t next_inner;
  std::int64_t next_columns;  // 0: none
};

// Up to kRowBlock rows of A, times all columns.
static_assert(kRowBlock % kBlockRows == 0);
HWY_INLINE void MultiplyRowBlock(const BlockProduct& p, std::int64_t row, bool b_in_place, float* scratch,
                                 BlockAhead& ahead) {
  const std::int64_t width = kBlockVectors * LanesOf(FloatTag());
  const std::int64_t end = std::min(row + kRowBlock, p.rows);
  const bool copied = kCopyColumns && p.a.row == 1;
  float* const a_block = scratch + kInnerBlock * kColumnBlock;
  if (copied) PackColumns(p.a.From(row, 0), end - row, p.inner, a_block);
  for (std::int64_t j = 0; j < p.columns; j += width) {
    const bool in_place = b_in_place && j + width <= p.columns;
    for (std::int64_t r = row; r < end; r += kBlockRows) {
      ahead.ForTile();
      MultiplyTile({.a = copied ? a_block + (r - row) * p.inner : p.a.From(r, 0).data,
                    .a_row = copied ? 1 : p.a.row,
                    .a_column = copied ? kBlockRows : p.a.column,
                    .b = in_place ? p.b.data + j : scratch + j * p.inner,
                    .b_row = in_place ? p.b.row : width,
                    .b_padded = !in_place,
                    .c = p.c + r * p.c_row + j,
                    .c_row = p.c_row,
                    .rows = std::min<std::int64_t>(kBlockRows, end - r),
                    .columns = std::min(width, p.columns - j),
                    .inner = p.inner,
                    .add = p.add});
    }
  }
}

HWY_INLINE void MultiplyColumnBlock(const BlockProduct& p, float* scratch) {
  // With fewer rows than this, reading B where it is costs less than the copy; beside an A that is read by columns,
  // always.
  constexpr std::int64_t kRowsToPack = 320;
  const std::int64_t width = kBlockVectors * LanesOf(FloatTag());
  const bool few = p.rows < kRowsToPack || (p.a.row == 1 && !kCopyColumns);
  const bool in_place = p.b.column == 1 && p.factor == 1 && few;
  for (std::int64_t j = 0; j < p.columns; j += width) {
    if (in_place && j + width <= p.columns) continue;
    PackPanel(p.b.From(0, j), std::min(width, p.columns - j), p.inner, p.factor, width, scratch + j * p.inner);
  }
  const std::int64_t tiles = (p.rows + kBlockRows - 1) / kBlockRows * ((p.columns + width - 1) / width);
  BlockAhead ahead = BlockAhead::Of(p.next_b, p.next_inner, p.next_columns, tiles);
  for (std::int64_t row = 0; row < p.rows; row += kRowBlock) MultiplyRowBlock(p, row, in_place, scratch, ahead);
}

// C = alpha op(A) op(B), added to C unless beta is 0. Every element is summed over the same parts of `inner` in the
// same order, whatever the rows and columns around it. `scratch` has kPackedProductScratch elements.
inline HWY_NOINLINE void MultiplyPacked(const MatrixProduct<float>& p, float* scratch) {
  const Operand a = p.transpose_a ? Operand{p.a, 1, p.a_stride} : Operand{p.a, p.a_stride, 1};
  const Operand b = p.transpose_b ? Operand{p.b, 1, p.b_stride} : Operand{p.b, p.b_stride, 1};
  const std::int64_t parts = (p.inner + kInnerBlock - 1) / kInnerBlock;
  const auto begin = [&](std::int64_t part) { return p.inner * part / parts; };
  const auto width_at = [&](std::int64_t column) { return std::min(kColumnBlock, p.columns - column); };
  for (std::int64_t column = 0; column < p.columns; column += kColumnBlock) {
    for (std::int64_t part = 0; part < parts; ++part) {
      const bool last = part + 1 == parts;
      const std::int64_t next_part = last ? 0 : part + 1, next_column = last ? column + kColumnBlock : column;
      MultiplyColumnBlock({.a = a.From(0, begin(part)),
                           .b = b.From(begin(part), column),
                           .c = p.c + column,
                           .c_row = p.c_stride,
                           .rows = p.rows,
                           .columns = width_at(column),
                           .inner = begin(part + 1) - begin(part),
                           .factor = p.alpha,
                           .add = part > 0 || p.beta != 0,
                           .next_b = b.From(begin(next_part), next_column),
                           .next_inner = begin(next_part + 1) - begin(next_part),
                           .next_columns = std::max<std::int64_t>(0, width_at(next_column))},
                          scratch);
    }
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
