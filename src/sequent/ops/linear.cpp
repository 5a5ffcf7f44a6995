#include "sequent/ops/linear.h"

#include "sequent/autograd/product_precision.h"
#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/activation.h"
#include "sequent/kernels/elementwise.h"
#include "sequent/kernels/matrix_product.h"
#include "sequent/ops/weight_product.h"

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
  multiply_by_weight(x.floats(), x.size(0), weight, y.mutable_floats(), bias.defined() ? 1.0f : 0.0f);
  return y;
}

// dx = dy W, written or added.
void input_gradient(const Tensor& dy, const Tensor& weight, ProductPrecision precision,
                    const Var::GradientMemory& into) {
  kernels::matrix_product(kernels::Cpu{}, {.a = dy.floats(),
                                           .b = weight.floats(),
                                           .c = into.sum.mutable_floats(),
                                           .rows = dy.size(0),
                                           .columns = inputs_of(weight),
                                           .inner = weight.size(0),
                                           .beta = into.empty ? 0.0f : 1.0f,
                                           .precision = precision});
}

// The gradient of the weight, dy^T x.
void add_weight_gradient(const Tensor& dy, const Tensor& x, const Var& weight, ProductPrecision precision) {
  const Var::GradientMemory into = weight.gradient_memory();
  kernels::matrix_product(kernels::Cpu{}, {.a = dy.floats(),
                                           .b = x.floats(),
                                           .c = into.sum.mutable_floats(),
                                           .rows = dy.size(1),
                                           .columns = x.size(1),
                                           .inner = x.size(0),
                                           .transpose_a = true,
                                           .beta = into.empty ? 0.0f : 1.0f,
                                           .precision = precision});
}

// into += the sum of the rows of dy.
void add_bias_gradient(const Tensor& dy, const Tensor& into) {
  kernels::add_column_sums(kernels::Cpu{},
                           {.x = dy.floats(), .y = into.mutable_floats(), .rows = dy.size(0), .columns = dy.size(1)});
}

Tensor activated(const Tensor& x, Activation f) {
  const Tensor y = Tensor::empty(x.shape());
  kernels::activation(kernels::Cpu{}, kernels::ActivationForward<float>{
                                          .x = x.floats(), .y = y.mutable_floats(), .count = x.elements(), .f = f});
  return y;
}

void check_sizes(const Var& x, const Var& weight, const Var& bias) {
  check(x.shape().rank() == 2, "linear: x must be [tokens, inputs], got {}", to_string(x.shape()));
  check(weight.shape().rank() >= 2 && inputs_of(weight.value()) == x.size(1),
        "linear: weight must be [outputs, {}], got {}", x.size(1), to_string(weight.shape()));
  if (bias.defined()) expect_shape("linear", "bias", bias.value(), {weight.size(0)});
  expect_float_to_record("linear", weight.value());
}

}  // namespace

Var linear(const Var& x, const Var& weight, const Var& bias) {
  check_sizes(x, weight, bias);
  // Only the gradient of the weight asks for x.
  const bool needed = weight.wants_gradient() && recording({x, weight, bias});
  const Var input = needed ? x.kept() : x.gradient_only();
  const Var offset = bias.gradient_only();
  return record(forward(x.value(), weight.value(), bias), {x, weight, bias},
                [input, weight, offset, precision = product_precision()](const Tensor& dy) {
                  if (input.wants_gradient()) input_gradient(dy, weight.value(), precision, input.gradient_memory());
                  if (weight.wants_gradient()) add_weight_gradient(dy, input.value_again(), weight, precision);
                  if (offset.wants_gradient()) add_bias_gradient(dy, offset.gradient_buffer());
                });
}

Var linear_of_activation(const Var& x, Activation f, const Var& weight, const Var& bias) {
  check_sizes(x, weight, bias);
  const Var offset = bias.gradient_only();
  return record(forward(activated(x.value(), f), weight.value(), bias), {x, weight, bias},
                [x, f, weight, offset, precision = product_precision()](const Tensor& dy) {
                  if (offset.wants_gradient()) add_bias_gradient(dy, offset.gradient_buffer());
                  Tensor y;  // the activated x again
                  if (x.wants_gradient()) {
                    const Tensor dx = Tensor::empty(x.shape());
                    if (weight.wants_gradient()) y = Tensor::empty(x.shape());
                    input_gradient(dy, weight.value(), precision, {dx, true});
                    kernels::activation(kernels::Cpu{}, kernels::ActivationBackward<float>{
                                                            .x = x.value().floats(),
                                                            .dy = dx.floats(),
                                                            .dx = dx.mutable_floats(),
                                                            .count = dx.elements(),
                                                            .f = f,
                                                            .y = y.defined() ? y.mutable_floats() : nullptr});
                    x.accumulate(dx);
                  } else if (weight.wants_gradient()) {
                    y = activated(x.value(), f);
                  }
                  if (weight.wants_gradient()) add_weight_gradient(dy, y, weight, precision);
                });
}

}  // namespace sequent
