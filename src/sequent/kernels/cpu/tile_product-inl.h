// A matrix product of tiles that lie in the nearest caches, the inner loop of attention and duality; compiled once
// per SIMD target, so no ordinary include guard.
#if defined(SEQUENT_KERNELS_CPU_TILE_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_TILE_PRODUCT_INL_H_
#undef SEQUENT_KERNELS_CPU_TILE_PRODUCT_INL_H_
#else
#define SEQUENT_KERNELS_CPU_TILE_PRODUCT_INL_H_
#endif

#include <cstdint>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// C = A B, or C += A B, for A of [rows, inner], B of [inner, columns]. A and B are made of words, floats unless said
// otherwise.
struct TileProduct {
  const float* a;
  std::int64_t a_row;     // elements from one row of A to the next
  std::int64_t a_column;  // elements from one column of A to the next: A transposed costs nothing
  const float* b;
  std::int64_t b_row;
  bool b_padded = false;  // whole vectors of B may be read, past the last column
  float* c;
  std::int64_t c_row;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t inner;
  bool add;
};

// Rows and vectors of C that one block keeps in registers: 16 of 32 registers, or 12 of 16. Measured: the most
// multiply-adds per load that still leave the compiler room.
#if HWY_TARGET <= HWY_AVX3
constexpr int kBlockRows = 8;
#else
constexpr int kBlockRows = 6;
#endif
constexpr int kBlockVectors = 2;

// Words that are floats.
struct FloatWords {
  static HWY_INLINE FloatVector MulAdd(FloatVector a, FloatVector b, FloatVector sum) { return hn::MulAdd(a, b, sum); }
};

// One block of C at (row, column). One of a single vector may reach past the last column; if kPartial, B ends there
// too.
template <class Words, int kRows, int kVectors, bool kPartial = false>
HWY_INLINE void MultiplyBlock(const TileProduct& p, std::int64_t row, std::int64_t column) {
  const FloatTag d;
  const std::int64_t lanes = LanesOf(d);
  const std::int64_t left = kVectors == 1 ? p.columns - column : lanes;
  // C may be far away, and is wanted when the sums are ready.
  float* const c = p.c + row * p.c_row + column;
  FloatVector sum[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      hwy::Prefetch(c + r * p.c_row + v * lanes);
      sum[r][v] = hn::Zero(d);
    }
  }
  const float* a = p.a + row * p.a_row;
  const float* b = p.b + column;
  for (std::int64_t k = 0; k < p.inner; ++k, a += p.a_column, b += p.b_row) {
    FloatVector factor[kVectors];
    for (int v = 0; v < kVectors; ++v) factor[v] = kPartial ? LoadUpTo(d, b, left) : hn::LoadU(d, b + v * lanes);
    for (int r = 0; r < kRows; ++r) {
      const auto element = hn::Set(d, a[r * p.a_row]);
      for (int v = 0; v < kVectors; ++v) sum[r][v] = Words::MulAdd(element, factor[v], sum[r][v]);
    }
  }
  if (p.add) {
    for (int r = 0; r < kRows; ++r) {
      for (int v = 0; v < kVectors; ++v) {
        sum[r][v] = hn::Add(LoadUpTo(d, c + r * p.c_row + v * lanes, left), sum[r][v]);
      }
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) StoreUpTo(d, sum[r][v], c + r * p.c_row + v * lanes, left);
  }
}

template <class Words, int kRows>
HWY_INLINE void MultiplyRows(const TileProduct& p, std::int64_t row) {
  const std::int64_t lanes = LanesOf(FloatTag());
  std::int64_t column = 0;
  for (; column + kBlockVectors * lanes <= p.columns; column += kBlockVectors * lanes) {
    MultiplyBlock<Words, kRows, kBlockVectors>(p, row, column);
  }
  const std::int64_t whole = p.b_padded ? p.columns : p.columns - lanes + 1;
  for (; column < whole; column += lanes) MultiplyBlock<Words, kRows, 1>(p, row, column);
  if (column < p.columns) MultiplyBlock<Words, kRows, 1, true>(p, row, column);
}

// Each element of C is summed in the order of the inner index, whatever block it falls into, before it is added.
template <class Words = FloatWords>
HWY_NOINLINE void MultiplyTile(const TileProduct& p) {
  std::int64_t row = 0;
  for (; row + kBlockRows <= p.rows; row += kBlockRows) MultiplyRows<Words, kBlockRows>(p, row);
  for (; row + 2 <= p.rows; row += 2) MultiplyRows<Words, 2>(p, row);
  if (row < p.rows) MultiplyRows<Words, 1>(p, row);
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
