#include "sequent/ops/gated_rms_norm.h"

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/gated_rms_norm.h"
#include "sequent/ops/pointers.h"

namespace sequent {
namespace {

kernels::GatedRmsNormArguments<float> arguments(const Var& x, const Var& gate, const Var& weight,
                                                const GatedRmsNormOptions& options) {
  return {.x = x.value().floats(),
          .gate = gate.value().floats(),
          .weight = floats_or_null(weight),
          .epsilon_scale = floats_or_null(options.epsilon_scale),
          .rows = x.rows(),
          .columns = x.columns(),
          .group = options.group,
          .weight_shared = weight.defined() && weight.columns() == options.group,
          .norm_before_gate = options.norm_before_gate,
          .epsilon = options.epsilon};
}

}  // namespace

Var gated_rms_norm(const Var& x, const Var& gate, const Var& weight, const GatedRmsNormOptions& options) {
  const std::int64_t group = options.group;
  check(group > 0 && x.columns() % group == 0, "gated_rms_norm: the group must divide the columns, got {} and {}",
        group, x.columns());
  expect_shape("gated_rms_norm", "gate", gate.value(), x.shape());
  if (weight.defined() && weight.shape() != Shape{group}) {
    expect_shape("gated_rms_norm", "weight", weight.value(), {x.columns()});
  }
  if (options.epsilon_scale.defined()) {
    expect_shape("gated_rms_norm", "epsilon_scale", options.epsilon_scale, {x.rows(), x.columns() / group});
  }
  const Tensor y = Tensor::empty(x.shape());
  const Tensor inverse_rms = recording({x, gate, weight}) ? Tensor::empty({x.rows(), x.columns() / group}) : Tensor();
  kernels::gated_rms_norm(kernels::Cpu{},
                          kernels::GatedRmsNormForward<float>{.inputs = arguments(x, gate, weight, options),
                                                              .y = y.mutable_floats(),
                                                              .inverse_rms = mutable_or_null(inverse_rms)});
  return record(y, {x, gate, weight}, [x, gate, weight, options, inverse_rms](const Tensor& dy) {
    const auto inputs = arguments(x, gate, weight, options);
    const Tensor dx = Tensor::empty(x.shape()), dgate = Tensor::empty(x.shape());
    const Tensor scratch = Tensor::empty({kernels::kGatedRmsNormPieces, inputs.weight_size()});
    kernels::gated_rms_norm(kernels::Cpu{}, kernels::GatedRmsNormBackward<float>{.inputs = inputs,
                                                                                 .inverse_rms = inverse_rms.floats(),
                                                                                 .dy = dy.floats(),
                                                                                 .dx = dx.mutable_floats(),
                                                                                 .dgate = dgate.mutable_floats(),
                                                                                 .dweight = sum_or_null(weight),
                                                                                 .scratch = scratch.mutable_floats()});
    x.accumulate(dx);
    gate.accumulate(dgate);
  });
}

}  // namespace sequent
