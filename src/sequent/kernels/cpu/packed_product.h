// The blocks of a packed product, the same for every SIMD target. Larger ones would leave the caches of small cores,
// smaller ones add to C more often.
#pragma once

#include <cstdint>

namespace sequent::kernels {

/// A block of B is [kInnerBlock, kColumnBlock], 576 KiB for the second cache. Longer sums are cut into equal parts.
inline constexpr std::int64_t kInnerBlock = 384;
inline constexpr std::int64_t kColumnBlock = 384;
/// Rows of A that are taken through all columns of a block before the next.
inline constexpr std::int64_t kRowBlock = 48;

/// Elements that one thread needs for its blocks.
inline constexpr std::int64_t kPackedProductScratch = kInnerBlock * (kColumnBlock + kRowBlock);

}  // namespace sequent::kernels
