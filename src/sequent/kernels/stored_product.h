// The product of a layer whose weight stays as it is stored: C = A W^T + beta C with W in f16, bf16 or quantised
// blocks. With one row, a step of decoding, the time is that of reading W: f16 and bf16 become floats in registers, and
// blocks go to kernels/quantised_product.h, as with up to kMostQuantisedRows rows. With more, panels of W become floats
// that all rows use.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"
#include "sequent/kernels/product_precision.h"
#include "sequent/tensor/dtype.h"

namespace sequent::kernels {

struct StoredProduct {
  const float* a;  // [rows, inner]
  DType type;      // of w: any but the integers
  const void* w;   // [columns, inner], as for dequantise
  float* c;        // [rows, columns]
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t inner;                                      // a multiple of the type's block
  float beta = 0;                                          // 0: C is written without being read
  float* scratch = nullptr;                                // stored_product_scratch(type, rows, inner) floats
  ProductPrecision precision = ProductPrecision::float32;  // with panels
};

/// Floats of scratch that such a product needs.
std::int64_t stored_product_scratch(DType type, std::int64_t rows, std::int64_t inner);

/// The numbers are those of the product with the dequantised W, but for rounding; of few rows with blocks, the
/// activations are rounded to 16 bits first. They do not depend on the number of threads, but as
/// kernels/matrix_product.h says.
void stored_product(Cpu, const StoredProduct& args);

}  // namespace sequent::kernels
