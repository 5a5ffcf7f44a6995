// The readable specification of kernels/jitter.h, and the oracle of its tests.
#pragma once

#include "sequent/base/random.h"
#include "sequent/kernels/jitter.h"

namespace sequent::kernels::reference {

template <class Real>
void jitter(const Jitter<Real>& args) {
  const Random random(args.seed, args.stream);
  const auto size = static_cast<Real>(args.size);
  for (std::int64_t i = 0; i < args.count; ++i) {
    const std::uint32_t word = random.words(static_cast<std::uint64_t>(i / 4))[static_cast<std::size_t>(i % 4)];
    const Real u = static_cast<Real>(word >> 8) / static_cast<Real>(1 << 24);
    args.y[i] = args.x[i] * (1 - size + 2 * size * u);
  }
}

}  // namespace sequent::kernels::reference
