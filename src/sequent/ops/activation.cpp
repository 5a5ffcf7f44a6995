#include "sequent/ops/activation.h"

#include "sequent/autograd/tape.h"
#include "sequent/kernels/activation.h"

namespace sequent {
namespace {

float* floats_or_null(const Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_floats() : nullptr;
}

}  // namespace

Var activation(const Var& x, Activation f) {
  if (f == Activation::identity) return x;
  const Tensor y = Tensor::empty(x.shape());
  kernels::activation(kernels::Cpu{},
                      kernels::ActivationForward<float>{
                          .x = x.value().floats(), .y = y.mutable_floats(), .count = y.elements(), .f = f});
  return record(y, {x}, [x, f](const Tensor& dy) {
    const Tensor dx = Tensor::empty(x.shape());
    kernels::activation(
        kernels::Cpu{},
        kernels::ActivationBackward<float>{
            .x = x.value().floats(), .dy = dy.floats(), .dx = dx.mutable_floats(), .count = dx.elements(), .f = f});
    x.accumulate(dx);
  });
}

Var gated(const Var& gate, const Var& value, Activation f) {
  expect_shape("gated", "value", value.value(), gate.shape());
  const Tensor y = Tensor::empty(gate.shape());
  kernels::gated(kernels::Cpu{}, kernels::GatedForward<float>{.gate = gate.value().floats(),
                                                              .value = value.value().floats(),
                                                              .y = y.mutable_floats(),
                                                              .count = y.elements(),
                                                              .f = f});
  return record(y, {gate, value}, [gate, value, f](const Tensor& dy) {
    const Tensor dgate = gate.wants_gradient() ? Tensor::empty(dy.shape()) : Tensor();
    const Tensor dvalue = value.wants_gradient() ? Tensor::empty(dy.shape()) : Tensor();
    kernels::gated(kernels::Cpu{}, kernels::GatedBackward<float>{.gate = gate.value().floats(),
                                                                 .value = value.value().floats(),
                                                                 .dy = dy.floats(),
                                                                 .dgate = floats_or_null(dgate),
                                                                 .dvalue = floats_or_null(dvalue),
                                                                 .count = dy.elements(),
                                                                 .f = f});
    gate.accumulate(dgate);
    value.accumulate(dvalue);
  });
}

}  // namespace sequent
