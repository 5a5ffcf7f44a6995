// Sums and scaling of flat arrays. y may be one of the inputs.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// y[i] = a[i] + b[i].
template <class Real>
struct Add {
  const Real* a;
  const Real* b;
  Real* y;
  std::int64_t count;
};

/// y[i] = factor * x[i].
template <class Real>
struct Scale {
  const Real* x;
  Real* y;
  Real factor;
  std::int64_t count;
};

void add(Cpu, const Add<float>& args);
void scale(Cpu, const Scale<float>& args);

}  // namespace sequent::kernels
