// Products of tiles in the precision that is asked for. Compiled once per SIMD target, so no ordinary include guard.
#if defined(SEQUENT_KERNELS_CPU_ROUNDED_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_ROUNDED_TILE_INL_H_
#undef SEQUENT_KERNELS_CPU_ROUNDED_TILE_INL_H_
#else
#define SEQUENT_KERNELS_CPU_ROUNDED_TILE_INL_H_
#endif

#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/bfloat16_words-inl.h"
#include "sequent/kernels/cpu/rounded_tile.h"
#include "sequent/kernels/cpu/tile_product-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// A product of floats by Words: where they are not floats themselves, A and B become such words in `scratch` first,
// which has rounded_tile_scratch(p.rows, p.columns, p.inner) elements.
template <class Words>
HWY_INLINE void MultiplyTileIn(TileProduct p, float* scratch) {
  if constexpr (!std::is_same_v<Words, FloatWords>) {
    const std::int64_t words = (p.inner + 1) / 2, lanes = LanesOf(FloatTag());
    const bool by_rows = p.a_column == 1;
    if (by_rows) {
      WordsOfEachRow<Words>(p.a, p.a_row, p.rows, p.inner, 1.0f, scratch);
    } else {
      WordsOfRowPairs<Words>(p.a, p.a_column, p.inner, p.rows, 1.0f, scratch, p.rows);
    }
    float* const b = scratch + words * p.rows;
    const std::int64_t b_row = (p.columns + lanes - 1) / lanes * lanes;
    WordsOfRowPairs<Words>(p.b, p.b_row, p.inner, p.columns, 1.0f, b, b_row);
    p.a = scratch;
    p.a_row = by_rows ? words : 1;
    p.a_column = by_rows ? 1 : p.rows;
    p.b = b;
    p.b_row = b_row;
    p.b_padded = true;
    p.inner = words;
  }
  MultiplyTile<Words>(p);
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
