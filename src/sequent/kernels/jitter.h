// Multiplicative noise, as on the input of a router (Fedus et al., "Switch Transformers", 2021, section 2.4).
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// y[i] = x[i] * (1 - size + 2 size u), u = (Random(seed, stream).words(i / 4)[i % 4] >> 8) / 2^24 in [0, 1).
template <class Real>
struct Jitter {
  const Real* x;
  Real* y;  // may be x
  std::int64_t count;
  float size;
  std::uint64_t seed;
  std::uint64_t stream;
};

void jitter(Cpu, const Jitter<float>& args);

}  // namespace sequent::kernels
