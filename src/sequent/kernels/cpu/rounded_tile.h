// Memory for products of tiles in bfloat16, the same for every SIMD target.
#pragma once

#include <cstdint>

namespace sequent::kernels {

/// Floats that hold the operands of a product of tiles as words, whatever the SIMD target.
constexpr std::int64_t rounded_tile_scratch(std::int64_t rows, std::int64_t columns, std::int64_t inner) {
  constexpr std::int64_t kMostLanes = 16;
  return (inner + 1) / 2 * (rows + (columns + kMostLanes - 1) / kMostLanes * kMostLanes);
}

}  // namespace sequent::kernels
