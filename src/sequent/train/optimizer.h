// AdamW over the flat parameters of a model (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sequent/nn/parameters.h"

namespace sequent {

struct AdamWOptions {
  float beta1 = 0.9f;
  float beta2 = 0.95f;
  float epsilon = 1e-8f;
  float weight_decay = 0.1f;
};

class AdamW {
 public:
  /// `parameters` must be flat and outlive this.
  AdamW(const Parameters& parameters, const AdamWOptions& options);

  /// One step: the gradients, times `gradient_scale`, move the values. Gradients are left as they are.
  void step(float learning_rate, float gradient_scale = 1.0f);
  /// From the next step on.
  void set_weight_decay(float weight_decay) { options_.weight_decay = weight_decay; }

  /// The running means, flat as the parameters are, and the number of steps taken: the whole state.
  const Tensor& mean() const { return mean_; }
  const Tensor& mean_square() const { return mean_square_; }
  std::int64_t steps() const { return steps_; }
  void restore(const Tensor& mean, const Tensor& mean_square, std::int64_t steps);

 private:
  const Parameters* parameters_;
  AdamWOptions options_;
  Tensor mean_;
  Tensor mean_square_;
  std::int64_t steps_ = 0;
};

/// The norm of all gradients together.
double gradient_norm(const Parameters& parameters);

/// For each of `groups`, beginnings of names: when the norm of the gradients of its parameters is above `limit`, they
/// are scaled to have that norm.
void clip_apart(const Parameters& parameters, std::span<const std::string> groups, double limit);

}  // namespace sequent
