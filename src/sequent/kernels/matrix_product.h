// The dense matrix product every layer ends in: C = alpha op(A) op(B) + beta C, row-major, with op the identity or the
// transpose. The last bits depend neither on the number of threads nor on what rows and columns lie around an element;
// but products of up to 8 rows with B transposed, those of decoding, are summed in another order than those of more.
//
// In bfloat16, op(A) and alpha op(B) are rounded first, and what is above holds as well; products of decoding, which
// only wait for memory, stay in float32.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"
#include "sequent/kernels/product_precision.h"

namespace sequent::kernels {

template <class Real>
struct MatrixProduct {
  const Real* a;         // op(A): [rows, inner]; stored [inner, rows] when transpose_a
  const Real* b;         // op(B): [inner, columns]; stored [columns, inner] when transpose_b
  Real* c;               // [rows, columns]
  std::int64_t rows;     // m
  std::int64_t columns;  // n
  std::int64_t inner;    // k
  bool transpose_a = false;
  bool transpose_b = false;
  std::int64_t a_stride = 0;  // elements from one stored row to the next; 0 when they follow each other
  std::int64_t b_stride = 0;
  std::int64_t c_stride = 0;
  Real alpha = 1;
  Real beta = 0;  // 0: C is written without being read
  ProductPrecision precision = ProductPrecision::float32;
};

/// Sizes may be zero (an empty sum is zero).
void matrix_product(Cpu, const MatrixProduct<float>& args);

}  // namespace sequent::kernels
