// A matrix product of any size on one thread: B is copied into blocks that lie in the nearest caches, A is read where
// it is unless it is to be rounded, and their products are tiles. Compiled once per SIMD target, so no ordinary include
// guard.
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
#include "sequent/kernels/cpu/packed_blocks-inl.h"
#include "sequent/kernels/cpu/packed_product.h"
#include "sequent/kernels/cpu/tile_product-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"
#include "sequent/kernels/matrix_product.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

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
template <class Blocks>
HWY_INLINE void MultiplyRowBlock(const BlockProduct& p, std::int64_t row, bool b_in_place, float* scratch,
                                 BlockAhead& ahead) {
  const std::int64_t width = kBlockVectors * LanesOf(FloatTag());
  const std::int64_t rows = std::min(kRowBlock, p.rows - row);
  const std::int64_t words = (p.inner + Blocks::kElements - 1) / Blocks::kElements;
  const TileRows a = Blocks::RowsOf(p.a.From(row, 0), rows, p.inner, scratch + Blocks::kBlock.words());
  for (std::int64_t j = 0; j < p.columns; j += width) {
    const bool in_place = b_in_place && j + width <= p.columns;
    for (std::int64_t r = 0; r < rows; r += kBlockRows) {
      ahead.ForTile();
      MultiplyTile<typename Blocks::Words>({.a = a.data + r * a.step,
                                            .a_row = a.row,
                                            .a_column = a.column,
                                            .b = in_place ? p.b.data + j : scratch + j * words,
                                            .b_row = in_place ? p.b.row : width,
                                            .b_padded = !in_place,
                                            .c = p.c + (row + r) * p.c_row + j,
                                            .c_row = p.c_row,
                                            .rows = std::min<std::int64_t>(kBlockRows, rows - r),
                                            .columns = std::min(width, p.columns - j),
                                            .inner = words,
                                            .add = p.add});
    }
  }
}

template <class Blocks>
HWY_INLINE void MultiplyColumnBlock(const BlockProduct& p, float* scratch) {
  const std::int64_t width = kBlockVectors * LanesOf(FloatTag());
  const std::int64_t words = (p.inner + Blocks::kElements - 1) / Blocks::kElements;
  const bool in_place = Blocks::InPlace(p.a, p.b, p.rows, p.factor);
  float* const a_block = scratch + Blocks::kBlock.words();  // not in use yet
  for (std::int64_t j = 0; j < p.columns; j += width) {
    if (in_place && j + width <= p.columns) continue;
    Blocks::CopyPanel(p.b.From(0, j), std::min(width, p.columns - j), p.inner, p.factor, width, scratch + j * words,
                      a_block);
  }
  const std::int64_t tiles = (p.rows + kBlockRows - 1) / kBlockRows * ((p.columns + width - 1) / width);
  BlockAhead ahead = BlockAhead::Of(p.next_b, p.next_inner, p.next_columns, tiles);
  for (std::int64_t row = 0; row < p.rows; row += kRowBlock) {
    MultiplyRowBlock<Blocks>(p, row, in_place, scratch, ahead);
  }
}

template <class Blocks>
HWY_NOINLINE void MultiplyBlocks(const MatrixProduct<float>& p, float* scratch) {
  const Operand a = p.transpose_a ? Operand{p.a, 1, p.a_stride} : Operand{p.a, p.a_stride, 1};
  const Operand b = p.transpose_b ? Operand{p.b, 1, p.b_stride} : Operand{p.b, p.b_stride, 1};
  const std::int64_t words = (p.inner + Blocks::kElements - 1) / Blocks::kElements;
  const std::int64_t parts = (words + Blocks::kBlock.inner - 1) / Blocks::kBlock.inner;
  const auto begin = [&](std::int64_t part) { return std::min(p.inner, words * part / parts * Blocks::kElements); };
  const auto width_at = [&](std::int64_t column) { return std::min(Blocks::kBlock.columns, p.columns - column); };
  for (std::int64_t column = 0; column < p.columns; column += Blocks::kBlock.columns) {
    for (std::int64_t part = 0; part < parts; ++part) {
      const bool last = part + 1 == parts;
      const std::int64_t next_part = last ? 0 : part + 1, next_column = last ? column + Blocks::kBlock.columns : column;
      MultiplyColumnBlock<Blocks>({.a = a.From(0, begin(part)),
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

// C = alpha op(A) op(B), added to C unless beta is 0. Every element is summed over the same parts of `inner` in the
// same order, whatever the rows and columns around it. `scratch` has kPackedProductScratch words.
inline HWY_NOINLINE void MultiplyPacked(const MatrixProduct<float>& p, float* scratch) {
  WithWords(p.precision, [&](auto words) HWY_ATTR { MultiplyBlocks<BlocksOf<decltype(words)>>(p, scratch); });
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
