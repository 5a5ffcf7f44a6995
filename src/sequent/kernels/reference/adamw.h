// The readable specification of kernels/adamw.h, and the oracle of its tests.
#pragma once

#include <cmath>

#include "sequent/kernels/adamw.h"

namespace sequent::kernels::reference {

template <class Real>
void adamw(const AdamW<Real>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) {
    const Real g = args.gradient_scale * args.gradients[i];
    args.mean[i] = args.beta1 * args.mean[i] + (1 - args.beta1) * g;
    args.mean_square[i] = args.beta2 * args.mean_square[i] + (1 - args.beta2) * g * g;
    const Real mean = args.mean[i] / args.correction1;
    const Real mean_square = args.mean_square[i] / args.correction2;
    args.values[i] *= 1 - args.learning_rate * args.weight_decay;
    args.values[i] -= args.learning_rate * mean / (std::sqrt(mean_square) + args.epsilon);
  }
}

}  // namespace sequent::kernels::reference
