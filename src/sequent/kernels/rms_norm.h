// RMSNorm: y = x / sqrt(mean(x^2) + epsilon) * weight, over each row (Zhang and Sennrich, "Root Mean Square Layer
// Normalization", 2019, equation 4).
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

template <class Real>
struct RmsNormForward {
  const Real* x;       // [rows, columns]
  const Real* weight;  // [columns]
  Real* y;             // [rows, columns]
  Real* inverse_rms;   // [rows], kept for the backward pass; may be null
  std::int64_t rows;
  std::int64_t columns;
  Real epsilon;
};

template <class Real>
struct RmsNormBackward {
  const Real* x;            // [rows, columns]
  const Real* weight;       // [columns]
  const Real* inverse_rms;  // [rows]
  const Real* dy;           // [rows, columns]
  Real* dx;                 // [rows, columns], written; may be null
  Real* dweight;            // [columns], added to; may be null
  Real* scratch;            // [kRmsNormPieces, columns]
  std::int64_t rows;
  std::int64_t columns;
};

/// The weight gradient is summed in this many pieces of rows, whatever the number of threads.
inline constexpr std::int64_t kRmsNormPieces = 16;

void rms_norm(Cpu, const RmsNormForward<float>& args);
void rms_norm(Cpu, const RmsNormBackward<float>& args);

}  // namespace sequent::kernels
