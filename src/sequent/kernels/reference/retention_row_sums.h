// The readable specification of kernels/retention_row_sums.h, and the oracle of its tests. It needs no scratch.
#pragma once

#include <cmath>

#include "sequent/kernels/retention_row_sums.h"

namespace sequent::kernels::reference {

template <class Real>
void retention_row_sums(const RetentionRowSums<Real>& args) {
  for (std::int64_t sequence = 0; sequence < args.sequences; ++sequence) {
    for (std::int64_t n = args.offsets[sequence]; n < args.offsets[sequence + 1]; ++n) {
      for (std::int64_t h = 0; h < args.heads; ++h) {
        const Real* q = args.q + (n * args.heads + h) * args.width;
        Real sum = 0;
        for (std::int64_t m = args.offsets[sequence]; m <= n; ++m) {
          const Real* k = args.k + (m * args.heads + h) * args.width;
          Real product = 0;
          for (std::int64_t c = 0; c < args.width; ++c) product += q[c] * k[c];
          sum += std::abs(product) * std::exp(args.rate[h] * static_cast<Real>(n - m));
        }
        args.sums[n * args.heads + h] = sum;
      }
    }
  }
}

}  // namespace sequent::kernels::reference
