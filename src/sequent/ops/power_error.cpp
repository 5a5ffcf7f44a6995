#include "sequent/ops/power_error.h"

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/power_error.h"

namespace sequent {

Var power_error(const Var& predictions, const Tensor& targets, float exponent) {
  expect_shape("power_error", "targets", targets, predictions.shape());
  check(exponent >= 1.0f, "power_error: the exponent must be at least 1, got {}", exponent);
  const std::int64_t count = targets.elements();
  check(count > 0, "power_error: there must be something to predict, got {}", to_string(targets.shape()));
  double sum = 0;
  kernels::power_error(
      kernels::Cpu{},
      kernels::PowerErrorForward<float>{
          .a = predictions.value().floats(), .b = targets.floats(), .sum = &sum, .count = count, .exponent = exponent});
  const Tensor loss = Tensor::full({1}, static_cast<float>(sum / static_cast<double>(count) / exponent));
  return record(loss, {predictions}, [predictions, targets, exponent, count](const Tensor& dy) {
    const Tensor da = Tensor::empty(predictions.shape());
    kernels::power_error(kernels::Cpu{},
                         kernels::PowerErrorBackward<float>{.a = predictions.value().floats(),
                                                            .b = targets.floats(),
                                                            .da = da.mutable_floats(),
                                                            .count = count,
                                                            .exponent = exponent,
                                                            .factor = dy.floats()[0] / static_cast<float>(count)});
    predictions.accumulate(da);
  });
}

}  // namespace sequent
