// Which numbers a matrix product multiplies.
#pragma once

namespace sequent::kernels {

/// float32, or bfloat16: float32 operands are rounded to the nearest bfloat16 (8 significant bits) as they are read,
/// and their products are added in float32. Up to twice as fast on processors that multiply bfloat16.
enum class ProductPrecision { float32, bfloat16 };

/// Whether this processor has instructions for it (AVX512-BF16); elsewhere bfloat16 is slower than float32.
bool multiplies_bfloat16();

}  // namespace sequent::kernels
