#include "sequent/ops/discretization.h"

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/discretization.h"
#include "sequent/ops/pointers.h"

namespace sequent {

Var step_size(const Var& x, const Var& bias, StepLimits limits) {
  expect_shape("step_size", "bias", bias.value(), {x.columns()});
  check(limits.minimum <= limits.maximum, "step_size: the limits must be in order, got {} and {}", limits.minimum,
        limits.maximum);
  const Tensor delta = Tensor::empty(x.shape());
  kernels::step_size(kernels::Cpu{}, kernels::StepSizeForward<float>{.x = x.value().floats(),
                                                                     .bias = bias.value().floats(),
                                                                     .delta = delta.mutable_floats(),
                                                                     .rows = x.rows(),
                                                                     .columns = x.columns(),
                                                                     .minimum = limits.minimum,
                                                                     .maximum = limits.maximum});
  return record(delta, {x, bias}, [x, bias, limits](const Tensor& ddelta) {
    const Tensor dx = Tensor::empty(x.shape()), scratch = Tensor::empty({kernels::kStepSizePieces, x.columns()});
    kernels::step_size(kernels::Cpu{}, kernels::StepSizeBackward<float>{.x = x.value().floats(),
                                                                        .bias = bias.value().floats(),
                                                                        .ddelta = ddelta.floats(),
                                                                        .dx = dx.mutable_floats(),
                                                                        .dbias = sum_or_null(bias),
                                                                        .scratch = scratch.mutable_floats(),
                                                                        .rows = x.rows(),
                                                                        .columns = x.columns(),
                                                                        .minimum = limits.minimum,
                                                                        .maximum = limits.maximum});
    x.accumulate(dx);
  });
}

Var decay_rate(const Var& a_log) {
  const Tensor rate = Tensor::empty(a_log.shape());
  const std::int64_t count = rate.elements();
  kernels::decay_rate(
      kernels::Cpu{},
      kernels::DecayRateForward<float>{.a_log = a_log.value().floats(), .rate = rate.mutable_floats(), .count = count});
  return record(rate, {a_log}, [a_log = a_log.gradient_only(), rate, count](const Tensor& drate) {
    if (!a_log.wants_gradient()) return;
    kernels::decay_rate(
        kernels::Cpu{},
        kernels::DecayRateBackward<float>{
            .rate = rate.floats(), .drate = drate.floats(), .da_log = sum_or_null(a_log), .count = count});
  });
}

}  // namespace sequent
