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
    float* const b = scratch + words * p.rows;
    const std::int64_t b_row = (p.columns + lanes - 1) / lanes * lanes;
    for (std::int64_t k = 0; k < p.inner; k += 2) {
      const bool pair = k + 1 < p.inner;
      const float* row = p.b + k * p.b_row;
      WordsOfRows<Words>(row, pair ? row + p.b_row : nullptr, p.columns, 1.0f, b + k / 2 * b_row);
      if (p.a_column == 1) continue;
      const float* column = p.a + k * p.a_column;
      WordsOfRows<Words>(column, pair ? column + p.a_column : nullptr, p.rows, 1.0f, scratch + k / 2 * p.rows);
    }
    for (std::int64_t r = 0; p.a_column == 1 && r < p.rows; ++r) {
      WordsOfRow<Words>(p.a + r * p.a_row, p.inner, 1.0f, scratch + r * words);
    }
    p.a = scratch;
    p.a_row = p.a_column == 1 ? words : 1;
    p.a_column = p.a_column == 1 ? 1 : p.rows;
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
