// Rotary position embedding (Su et al., "RoFormer", 2021, equation 34) in the half-split convention of Llama.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// For each head and j < width / 2, with a = direction * positions[t] * frequencies[j]:
///   y[j]             = x[j] cos a - x[j + width / 2] sin a
///   y[j + width / 2] = x[j + width / 2] cos a + x[j] sin a
/// direction is 1, or -1 to turn back, which is the gradient. Angles are computed in double.
template <class Real>
struct Rotary {
  const Real* x;                  // [tokens, heads * width]
  Real* y;                        // [tokens, heads * width]; may be x
  const std::int64_t* positions;  // [tokens]
  const double* frequencies;      // [width / 2], radians per position
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t width;  // even
  int direction;
};

void rotary(Cpu, const Rotary<float>& args);

}  // namespace sequent::kernels
