// Inverted dropout (Srivastava et al., 2014). The mask is a pure function of (seed, stream, element).
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// y[i] = x[i] / (1 - rate) if Random(seed, stream).words(i / 4)[i % 4] >= rate * 2^32, else 0.  0 <= rate < 1.
template <class Real>
struct Dropout {
  const Real* x;
  Real* y;  // may be x
  std::int64_t count;
  float rate;
  std::uint64_t seed;
  std::uint64_t stream;
};

void dropout(Cpu, const Dropout<float>& args);

}  // namespace sequent::kernels
