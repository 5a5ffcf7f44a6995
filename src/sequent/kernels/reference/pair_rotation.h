// The readable specification of kernels/pair_rotation.h, and the oracle of its tests.
#pragma once

#include "sequent/kernels/pair_rotation.h"

namespace sequent::kernels::reference {

template <class Real>
void pair_rotation(const PairRotation<Real>& args) {
  for (std::int64_t t = 0; t < args.tokens; ++t) {
    const Real* c = args.cosines + t * args.width;
    const Real* s = args.sines + t * args.width;
    for (std::int64_t head = 0; head < args.heads; ++head) {
      const std::int64_t at = (t * args.heads + head) * args.width;
      for (std::int64_t j = 0; j < args.width; j += 2) {
        const Real first = args.x[at + j], second = args.x[at + j + 1];
        const Real to_first = args.transpose ? s[j + 1] : -s[j];
        const Real to_second = args.transpose ? -s[j] : s[j + 1];
        args.y[at + j] = first * c[j] + second * to_first;
        args.y[at + j + 1] = second * c[j + 1] + first * to_second;
      }
    }
  }
}

}  // namespace sequent::kernels::reference
