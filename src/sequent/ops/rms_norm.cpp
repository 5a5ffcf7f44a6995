#include "sequent/ops/rms_norm.h"

#include "sequent/autograd/tape.h"
#include "sequent/kernels/rms_norm.h"

namespace sequent {
namespace {

// Gives 1 / RMS of the rows as well where memory for it is given.
Tensor forward(const Tensor& x, const Tensor& weight, float epsilon, const Tensor& inverse_rms) {
  const Tensor y = Tensor::empty(x.shape());
  kernels::rms_norm(kernels::Cpu{}, kernels::RmsNormForward<float>{
                                        .x = x.floats(),
                                        .weight = weight.floats(),
                                        .y = y.mutable_floats(),
                                        .inverse_rms = inverse_rms.defined() ? inverse_rms.mutable_floats() : nullptr,
                                        .rows = x.rows(),
                                        .columns = x.columns(),
                                        .epsilon = epsilon});
  return y;
}

}  // namespace

Var rms_norm(const Var& x, const Var& weight, float epsilon) {
  expect_shape("rms_norm", "weight", weight.value(), {x.columns()});
  const Tensor inverse_rms = recording({x, weight}) ? Tensor::empty({x.rows()}) : Tensor();
  const Tensor value = forward(x.value(), weight.value(), epsilon, inverse_rms);
  Var y = record(value, {x, weight}, [x, weight, inverse_rms](const Tensor& dy) {
    const Tensor dx = x.wants_gradient() ? Tensor::empty(x.shape()) : Tensor();
    const Tensor scratch = Tensor::empty({kernels::kRmsNormPieces, x.columns()});
    kernels::rms_norm(kernels::Cpu{},
                      kernels::RmsNormBackward<float>{
                          .x = x.value().floats(),
                          .weight = weight.value().floats(),
                          .inverse_rms = inverse_rms.floats(),
                          .dy = dy.floats(),
                          .dx = dx.defined() ? dx.mutable_floats() : nullptr,
                          .dweight = weight.wants_gradient() ? weight.gradient_buffer().mutable_floats() : nullptr,
                          .scratch = scratch.mutable_floats(),
                          .rows = x.rows(),
                          .columns = x.columns()});
    x.accumulate(dx);
  });
  if (inverse_rms.defined()) {
    y.set_recipe([x = x.value(), weight, epsilon] { return forward(x, weight.value(), epsilon, {}); });
  }
  return y;
}

}  // namespace sequent
