#include "sequent/train/optimizer.h"

#include <cmath>
#include <string_view>

#include "sequent/base/error.h"
#include "sequent/kernels/adamw.h"
#include "sequent/kernels/elementwise.h"
#include "sequent/kernels/norm.h"

namespace sequent {
namespace {

// Of the gradients of all parameters whose names begin so.
double sum_of_squares(const Parameters& parameters, std::string_view beginning) {
  double sum = 0;
  for (const Parameter& parameter : parameters.all()) {
    const Tensor gradient = parameter.var.gradient();
    if (!parameter.name.starts_with(beginning) || !gradient.defined()) continue;
    sum += kernels::sum_of_squares(kernels::Cpu{}, gradient.floats(), gradient.elements());
  }
  return sum;
}

}  // namespace

AdamW::AdamW(const Parameters& parameters, const AdamWOptions& options)
    : parameters_(&parameters),
      options_(options),
      mean_(Tensor::zeros(parameters.values().shape())),
      mean_square_(Tensor::zeros(parameters.values().shape())) {}

void AdamW::step(float learning_rate, float gradient_scale) {
  ++steps_;
  const auto correction = [&](float beta) {
    return static_cast<float>(1.0 - std::pow(static_cast<double>(beta), static_cast<double>(steps_)));
  };
  for (const Parameter& parameter : parameters_->all()) {
    const std::int64_t at = parameters_->offset_of(parameter);
    kernels::adamw(kernels::Cpu{}, kernels::AdamW<float>{.values = parameters_->values().mutable_floats() + at,
                                                         .gradients = parameter.var.gradient_buffer().floats(),
                                                         .mean = mean_.mutable_floats() + at,
                                                         .mean_square = mean_square_.mutable_floats() + at,
                                                         .count = parameter.var.value().elements(),
                                                         .learning_rate = learning_rate,
                                                         .beta1 = options_.beta1,
                                                         .beta2 = options_.beta2,
                                                         .epsilon = options_.epsilon,
                                                         .weight_decay = parameter.decay ? options_.weight_decay : 0.0f,
                                                         .correction1 = correction(options_.beta1),
                                                         .correction2 = correction(options_.beta2),
                                                         .gradient_scale = gradient_scale});
  }
}

void AdamW::restore(const Tensor& mean, const Tensor& mean_square, std::int64_t steps) {
  expect_shape("resume", "the optimizer's mean", mean, mean_.shape());
  expect_shape("resume", "the optimizer's mean square", mean_square, mean_square_.shape());
  mean_.copy_from(mean);
  mean_square_.copy_from(mean_square);
  steps_ = steps;
}

double gradient_norm(const Parameters& parameters) {
  return std::sqrt(sum_of_squares(parameters, {}));
}

void clip_apart(const Parameters& parameters, std::span<const std::string> groups, double limit) {
  for (const std::string& group : groups) {
    const double norm = std::sqrt(sum_of_squares(parameters, group));
    if (norm <= limit) continue;
    for (const Parameter& parameter : parameters.all()) {
      if (!parameter.name.starts_with(group) || !parameter.var.gradient().defined()) continue;
      const Tensor gradient = parameter.var.gradient_buffer();
      kernels::scale(kernels::Cpu{}, {.x = gradient.floats(),
                                      .y = gradient.mutable_floats(),
                                      .factor = static_cast<float>(limit / norm),
                                      .count = gradient.elements()});
    }
  }
}

}  // namespace sequent
