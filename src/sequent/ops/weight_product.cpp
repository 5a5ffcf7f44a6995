#include "sequent/ops/weight_product.h"

#include "sequent/autograd/product_precision.h"
#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/matrix_product.h"
#include "sequent/kernels/stored_product.h"

namespace sequent {

void multiply_by_weight(const float* x, std::int64_t rows, const Tensor& weight, float* y, float beta) {
  const std::int64_t outputs = weight.size(0), inner = outputs > 0 ? weight.elements() / outputs : 0;
  if (weight.dtype() == DType::f32) {
    return kernels::matrix_product(kernels::Cpu{}, {.a = x,
                                                    .b = weight.floats(),
                                                    .c = y,
                                                    .rows = rows,
                                                    .columns = outputs,
                                                    .inner = inner,
                                                    .transpose_b = true,
                                                    .beta = beta,
                                                    .precision = product_precision()});
  }
  const Tensor scratch = Tensor::empty({kernels::stored_product_scratch(weight.dtype(), rows, inner)});
  kernels::stored_product(kernels::Cpu{}, {.a = x,
                                           .type = weight.dtype(),
                                           .w = weight.raw(),
                                           .c = y,
                                           .rows = rows,
                                           .columns = outputs,
                                           .inner = inner,
                                           .beta = beta,
                                           .scratch = scratch.mutable_floats(),
                                           .precision = product_precision()});
}

void expect_float_to_record(const char* op, const Tensor& weight) {
  check(weight.dtype() == DType::f32 || !Tape::current(), "{}: gradients need weights in float32, got {}", op,
        name_of(weight.dtype()));
}

}  // namespace sequent
