// The readable specification of kernels/matrix_product.h, and the oracle of its tests.
#pragma once

#include "sequent/kernels/matrix_product.h"

namespace sequent::kernels::reference {

template <class Real>
void matrix_product(const MatrixProduct<Real>& args) {
  const std::int64_t a_stride = args.a_stride ? args.a_stride : args.transpose_a ? args.rows : args.inner;
  const std::int64_t b_stride = args.b_stride ? args.b_stride : args.transpose_b ? args.inner : args.columns;
  const std::int64_t c_stride = args.c_stride ? args.c_stride : args.columns;
  for (std::int64_t i = 0; i < args.rows; ++i) {
    for (std::int64_t j = 0; j < args.columns; ++j) {
      Real sum = 0;
      for (std::int64_t k = 0; k < args.inner; ++k) {
        sum += args.a[args.transpose_a ? k * a_stride + i : i * a_stride + k] *
               args.b[args.transpose_b ? j * b_stride + k : k * b_stride + j];
      }
      Real& c = args.c[i * c_stride + j];
      c = args.beta == 0 ? args.alpha * sum : args.alpha * sum + args.beta * c;
    }
  }
}

}  // namespace sequent::kernels::reference
