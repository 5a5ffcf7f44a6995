// The readable specification of kernels/cross_entropy.h, and the oracle of its tests.
#pragma once

#include <algorithm>
#include <cmath>

#include "sequent/kernels/cross_entropy.h"

namespace sequent::kernels::reference {

template <class Real>
void cross_entropy(const CrossEntropy<Real>& args) {
  for (std::int64_t r = 0; r < args.rows; ++r) {
    const Real* logits = args.logits + r * args.columns;
    Real* dlogits = args.dlogits ? args.dlogits + r * args.columns : nullptr;
    const std::int64_t target = args.targets[r];
    if (target < 0) {
      args.losses[r] = 0;
      if (dlogits) std::fill_n(dlogits, args.columns, Real(0));
      continue;
    }
    const Real maximum = *std::max_element(logits, logits + args.columns);
    Real sum = 0;
    for (std::int64_t c = 0; c < args.columns; ++c) sum += std::exp(logits[c] - maximum);
    args.losses[r] = std::log(sum) - (logits[target] - maximum);
    for (std::int64_t c = 0; dlogits && c < args.columns; ++c) {
      dlogits[c] = args.scale * (std::exp(logits[c] - maximum) / sum - (c == target ? 1 : 0));
    }
  }
}

}  // namespace sequent::kernels::reference
