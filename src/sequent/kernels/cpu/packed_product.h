// The blocks of a packed product, the same for every SIMD target.
#pragma once

#include <cstdint>

namespace sequent::kernels {

/// A block of B: so many words of 4 bytes along the sums, which are cut into equal parts if they are longer, and so
/// many columns. Both shapes are 576 KiB for the second cache: larger blocks would leave the caches of small cores,
/// smaller ones add to C more often.
struct BlockShape {
  std::int64_t inner;
  std::int64_t columns;
  constexpr std::int64_t words() const { return inner * columns; }
};
inline constexpr BlockShape kFloatBlock = {384, 384};
/// More columns, because A is rounded again for each block.
inline constexpr BlockShape kBfloat16Block = {288, 512};
/// Rows of A that are taken through all columns of a block before the next.
inline constexpr std::int64_t kRowBlock = 48;

/// Words that one thread needs for its blocks.
inline constexpr std::int64_t kPackedProductScratch = kFloatBlock.words() + kFloatBlock.inner * kRowBlock;
static_assert(kBfloat16Block.words() + kBfloat16Block.inner * kRowBlock <= kPackedProductScratch);

}  // namespace sequent::kernels
