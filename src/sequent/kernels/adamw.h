// One step of AdamW over flat arrays (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019,
// algorithm 2).
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// With g = gradient_scale * gradient, element by element:
///   mean        = beta1 * mean + (1 - beta1) * g
///   mean_square = beta2 * mean_square + (1 - beta2) * g^2
///   value       = value * (1 - learning_rate * weight_decay)
///                 - learning_rate * (mean / correction1) / (sqrt(mean_square / correction2) + epsilon)
/// where after t steps correction1 = 1 - beta1^t and correction2 = 1 - beta2^t. gradient_scale is there so that
/// clipping needs no pass of its own.
template <class Real>
struct AdamW {
  Real* values;
  const Real* gradients;
  Real* mean;
  Real* mean_square;
  std::int64_t count;
  Real learning_rate;
  Real beta1;
  Real beta2;
  Real epsilon;
  Real weight_decay;
  Real correction1;
  Real correction2;
  Real gradient_scale;
};

void adamw(Cpu, const AdamW<float>& args);

}  // namespace sequent::kernels
