#include "sequent/ops/layer_norm.h"

#include "sequent/autograd/tape.h"
#include "sequent/kernels/layer_norm.h"

namespace sequent {
namespace {

float* floats_or_null(const Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_floats() : nullptr;
}

Tensor buffer_if_wanted(const Var& v) {
  return v.wants_gradient() ? v.gradient_buffer() : Tensor();
}

// Gives mean and 1 / deviation of the rows as well where memory for them is given.
Tensor forward(const Tensor& x, const Var& weight, const Var& bias, float epsilon, const Tensor& mean,
               const Tensor& inverse_deviation) {
  const Tensor y = Tensor::empty(x.shape());
  kernels::layer_norm(kernels::Cpu{},
                      kernels::LayerNormForward<float>{.x = x.floats(),
                                                       .weight = weight.value().floats(),
                                                       .bias = bias.defined() ? bias.value().floats() : nullptr,
                                                       .y = y.mutable_floats(),
                                                       .mean = floats_or_null(mean),
                                                       .inverse_deviation = floats_or_null(inverse_deviation),
                                                       .rows = x.rows(),
                                                       .columns = x.columns(),
                                                       .epsilon = epsilon});
  return y;
}

}  // namespace

Var layer_norm(const Var& x, const Var& weight, const Var& bias, float epsilon) {
  expect_shape("layer_norm", "weight", weight.value(), {x.columns()});
  if (bias.defined()) expect_shape("layer_norm", "bias", bias.value(), {x.columns()});
  const bool kept = recording({x, weight, bias});
  const Tensor mean = kept ? Tensor::empty({x.rows()}) : Tensor();
  const Tensor inverse_deviation = kept ? Tensor::empty({x.rows()}) : Tensor();
  const Tensor value = forward(x.value(), weight, bias, epsilon, mean, inverse_deviation);
  const Var offset = bias.gradient_only();
  Var y = record(value, {x, weight, bias}, [x, weight, offset, mean, inverse_deviation](const Tensor& dy) {
    const Tensor dx = x.wants_gradient() ? Tensor::empty(x.shape()) : Tensor();
    const Tensor dweight = buffer_if_wanted(weight), dbias = buffer_if_wanted(offset);
    const Tensor scratch = Tensor::empty({kernels::kLayerNormPieces, 2, x.columns()});
    kernels::layer_norm(kernels::Cpu{},
                        kernels::LayerNormBackward<float>{.x = x.value().floats(),
                                                          .weight = weight.value().floats(),
                                                          .mean = mean.floats(),
                                                          .inverse_deviation = inverse_deviation.floats(),
                                                          .dy = dy.floats(),
                                                          .dx = floats_or_null(dx),
                                                          .dweight = floats_or_null(dweight),
                                                          .dbias = floats_or_null(dbias),
                                                          .scratch = scratch.mutable_floats(),
                                                          .rows = x.rows(),
                                                          .columns = x.columns()});
    x.accumulate(dx);
  });
  if (kept) {
    y.set_recipe([x = x.value(), weight, bias, epsilon] { return forward(x, weight, bias, epsilon, {}, {}); });
  }
  return y;
}

}  // namespace sequent
