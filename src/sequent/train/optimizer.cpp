#include "sequent/train/optimizer.h"

#include <cmath>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/kernels/adamw.h"
#include "sequent/kernels/norm.h"

namespace sequent {

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
  const auto update = [&](std::int64_t begin, std::int64_t end, float weight_decay) {
    kernels::adamw(kernels::Cpu{}, kernels::AdamW<float>{.values = parameters_->values().mutable_floats() + begin,
                                                         .gradients = parameters_->gradients().floats() + begin,
                                                         .mean = mean_.mutable_floats() + begin,
                                                         .mean_square = mean_square_.mutable_floats() + begin,
                                                         .count = end - begin,
                                                         .learning_rate = learning_rate,
                                                         .beta1 = options_.beta1,
                                                         .beta2 = options_.beta2,
                                                         .epsilon = options_.epsilon,
                                                         .weight_decay = weight_decay,
                                                         .correction1 = correction(options_.beta1),
                                                         .correction2 = correction(options_.beta2),
                                                         .gradient_scale = gradient_scale});
  };
  update(0, parameters_->decayed(), options_.weight_decay);
  update(parameters_->decayed(), parameters_->values().elements(), 0.0f);
}

void AdamW::restore(const Tensor& mean, const Tensor& mean_square, std::int64_t steps) {
  expect_shape("resume", "the optimizer's mean", mean, mean_.shape());
  expect_shape("resume", "the optimizer's mean square", mean_square, mean_square_.shape());
  mean_.copy_from(mean);
  mean_square_.copy_from(mean_square);
  steps_ = steps;
}

double gradient_norm(const Parameters& parameters) {
  return std::sqrt(
      kernels::sum_of_squares(kernels::Cpu{}, parameters.gradients().floats(), parameters.gradients().elements()));
}

void clip_apart(const Parameters& parameters, std::span<const std::string> groups, double limit) {
  for (const std::string& group : groups) {
    std::vector<Tensor> gradients;
    double squares = 0;
    for (const Parameter& parameter : parameters.all()) {
      if (!parameter.name.starts_with(group)) continue;
      gradients.push_back(parameter.var.gradient_buffer());
      squares += kernels::sum_of_squares(kernels::Cpu{}, gradients.back().floats(), gradients.back().elements());
    }
    if (std::sqrt(squares) <= limit) continue;
    const auto factor = static_cast<float>(limit / std::sqrt(squares));
    for (const Tensor& gradient : gradients) {
      float* values = gradient.mutable_floats();
      for (std::int64_t i = 0; i < gradient.elements(); ++i) values[i] *= factor;
    }
  }
}

}  // namespace sequent
