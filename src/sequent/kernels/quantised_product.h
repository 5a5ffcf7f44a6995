// The product of few rows of activations with a quantised weight, in integers: C = A W^T + beta C, as a step of
// decoding needs it. The time is that of reading W where memory is slow enough.
//
// The activations become integers of 16 bits, a = s n with one s for each group of values that share a scale in W (32, or
// 16 in q6_k): the rounding is at most max|a| / 65534 over the group, a quarter of half precision's at its largest. What
// follows is exact but for the rounding of float sums.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"
#include "sequent/tensor/dtype.h"

namespace sequent::kernels {

/// Rows of A for which this is the faster way.
constexpr std::int64_t kMostQuantisedRows = 4;

struct QuantisedProduct {
  const float* a;  // [rows, inner]
  DType type;      // of w: one of the block types
  const void* w;   // [columns, inner], as for dequantise
  float* c;        // [rows, columns]
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t inner;  // a multiple of the type's block
  float beta = 0;      // 0: C is written without being read
  float* scratch;      // quantised_product_scratch(rows, inner) floats
};

/// Floats of scratch that such a product needs.
std::int64_t quantised_product_scratch(std::int64_t rows, std::int64_t inner);

/// A row's numbers depend neither on the other rows nor on the number of threads. A value of A that is not finite makes
/// its row of C NaN.
void quantised_product(Cpu, const QuantisedProduct& args);

}  // namespace sequent::kernels
