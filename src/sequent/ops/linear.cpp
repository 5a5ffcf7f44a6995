#include "sequent/ops/linear.h"

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/elementwise.h"
#include "sequent/kernels/matrix_product.h"

namespace sequent {
namespace {

std::int64_t inputs_of(const Tensor& weight) {
  return weight.size(0) == 0 ? weight.columns() : weight.elements() / weight.size(0);
}

// y = x W^T + bias: the bias is laid down first, because the product adds to what is there at no cost.
Tensor forward(const Tensor& x, const Tensor& weight, const Var& bias) {
  const Tensor y = Tensor::empty({x.size(0), weight.size(0)});
  if (bias.defined()) {
    kernels::copy_rows(kernels::Cpu{}, {.x = bias.value().floats(),
                                        .y = y.mutable_floats(),
                                        .x_stride = 0,
                                        .y_stride = y.size(1),
                                        .rows = y.size(0),
                                        .columns = y.size(1)});
  }
  kernels::matrix_product(kernels::Cpu{}, {.a = x.floats(),
                                           .b = weight.floats(),
                                           .c = y.mutable_floats(),
                                           .rows = x.size(0),
                                           .columns = weight.size(0),
                                           .inner = x.size(1),
                                           .transpose_b = true,
                                           .beta = bias.defined() ? 1.0f : 0.0f});
  return y;
}

// dx = dy W.
Tensor input_gradient(const Tensor& dy, const Tensor& weight) {
  const Tensor dx = Tensor::empty({dy.size(0), inputs_of(weight)});
  kernels::matrix_product(kernels::Cpu{}, {.a = dy.floats(),
                                           .b = weight.floats(),
                                           .c = dx.mutable_floats(),
                                           .rows = dy.size(0),
                                           .columns = dx.size(1),
                                           .inner = weight.size(0)});
  return dx;
}

// into += dy^T x.
void add_weight_gradient(const Tensor& dy, const Tensor& x, const Tensor& into) {
  kernels::matrix_product(kernels::Cpu{}, {.a = dy.floats(),
                                           .b = x.floats(),
                                           .c = into.mutable_floats(),
                                           .rows = dy.size(1),
                                           .columns = x.size(1),
                                           .inner = x.size(0),
                                           .transpose_a = true,
                                           .beta = 1.0f});
}

// into += the sum of the rows of dy.
void add_bias_gradient(const Tensor& dy, const Tensor& into) {
  kernels::add_column_sums(kernels::Cpu{},
                           {.x = dy.floats(), .y = into.mutable_floats(), .rows = dy.size(0), .columns = dy.size(1)});
}

}  // namespace

Var linear(const Var& x, const Var& weight, const Var& bias) {
  check(x.shape().rank() == 2, "linear: x must be [tokens, inputs], got {}", to_string(x.shape()));
  check(weight.shape().rank() >= 2 && inputs_of(weight.value()) == x.size(1),
        "linear: weight must be [outputs, {}], got {}", x.size(1), to_string(weight.shape()));
  if (bias.defined()) expect_shape("linear", "bias", bias.value(), {weight.size(0)});
  // Only the gradient of the weight asks for x.
  const Var input = weight.wants_gradient() ? x : x.gradient_only();
  const Var offset = bias.gradient_only();
  return record(forward(x.value(), weight.value(), bias), {x, weight, bias}, [input, weight, offset](const Tensor& dy) {
    if (input.wants_gradient()) input.accumulate(input_gradient(dy, weight.value()));
    if (weight.wants_gradient()) add_weight_gradient(dy, input.value(), weight.gradient_buffer());
    if (offset.wants_gradient()) add_bias_gradient(dy, offset.gradient_buffer());
  });
}

}  // namespace sequent
