// The dense matrix product every layer ends in: C = alpha op(A) op(B) + beta C, row-major, with op the identity or the
// transpose. The only kernel whose last bits may depend on the number of threads: some BLAS kernels (OpenBLAS's Haswell,
// though not its AVX-512 ones) round an element differently in another place of a block. Products of up to 8 rows with
// B transposed, those of decoding, never do.
#pragma once

#include <cstdint>
#include <string>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

template <class Real>
struct MatrixProduct {
  const Real* a;         // op(A): [rows, inner]; stored [inner, rows] when transpose_a
  const Real* b;         // op(B): [inner, columns]; stored [columns, inner] when transpose_b
  Real* c;               // [rows, columns]
  std::int64_t rows;     // m of BLAS
  std::int64_t columns;  // n
  std::int64_t inner;    // k
  bool transpose_a = false;
  bool transpose_b = false;
  std::int64_t a_stride = 0;  // elements from one stored row to the next; 0 when they follow each other
  std::int64_t b_stride = 0;
  std::int64_t c_stride = 0;
  Real alpha = 1;
  Real beta = 0;  // 0: C is written without being read
};

/// Sizes may be zero (an empty sum is zero); one of 2^31 or more is an Error.
void matrix_product(Cpu, const MatrixProduct<float>& args);

/// "OpenBLAS 0.3.21, Cooperlake kernels": what computes the products, and whether OPENBLAS_CORETYPE in the environment
/// chose it. On a processor with AVX-512 a forgotten OPENBLAS_CORETYPE=Haswell costs half of the speed.
std::string matrix_product_backend();

}  // namespace sequent::kernels
