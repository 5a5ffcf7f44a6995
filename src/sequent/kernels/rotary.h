// Rotary position embedding (Su et al., "RoFormer", 2021, equation 34), with either published choice of pairs.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// Which two channels of a head turn together as pair j.
enum class RotaryPairs : std::uint8_t {
  half_split,   // j and j + width / 2
  interleaved,  // 2 j and 2 j + 1
};

/// For each head and each pair (first, second), with a = direction * positions[t] * frequencies[j]:
///   y[first]  = x[first] cos a - x[second] sin a
///   y[second] = x[second] cos a + x[first] sin a
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
  RotaryPairs pairs = RotaryPairs::half_split;
};

void rotary(Cpu, const Rotary<float>& args);

}  // namespace sequent::kernels
