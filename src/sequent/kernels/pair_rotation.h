// Turning neighbouring channels by given cosines and sines, one of each per channel: rotary positions with several axes
// (V-JEPA 2), where the two channels of a pair may be given different angles.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// For each head and each pair (2 j, 2 j + 1), with c and s the rows of the token:
///   y[2 j]     = x[2 j]     c[2 j]     - x[2 j + 1] s[2 j]
///   y[2 j + 1] = x[2 j + 1] c[2 j + 1] + x[2 j]     s[2 j + 1]
/// Transposed, which is the gradient:
///   y[2 j]     = x[2 j]     c[2 j]     + x[2 j + 1] s[2 j + 1]
///   y[2 j + 1] = x[2 j + 1] c[2 j + 1] - x[2 j]     s[2 j]
template <class Real>
struct PairRotation {
  const Real* x;        // [tokens, heads * width]
  Real* y;              // [tokens, heads * width]; may be x
  const Real* cosines;  // [tokens, width]
  const Real* sines;    // [tokens, width]
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t width;  // even
  bool transpose;
};

void pair_rotation(Cpu, const PairRotation<float>& args);

}  // namespace sequent::kernels
