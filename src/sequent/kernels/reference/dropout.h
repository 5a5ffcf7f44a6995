// The readable specification of kernels/dropout.h, and the oracle of its tests.
#pragma once

#include "sequent/base/random.h"
#include "sequent/kernels/dropout.h"

namespace sequent::kernels::reference {

template <class Real>
void dropout(const Dropout<Real>& args) {
  const Random random(args.seed, args.stream);
  const auto threshold = static_cast<std::uint32_t>(static_cast<double>(args.rate) * 0x1p32);
  const Real scale = static_cast<Real>(1.0f / (1.0f - args.rate));
  for (std::int64_t i = 0; i < args.count; ++i) {
    const std::uint32_t word = random.words(static_cast<std::uint64_t>(i / 4))[static_cast<std::size_t>(i % 4)];
    args.y[i] = word >= threshold ? args.x[i] * scale : Real(0);
  }
}

}  // namespace sequent::kernels::reference
