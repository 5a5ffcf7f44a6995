// RMSNorm over groups of columns with a SiLU gate, before or after it: the output norm of Mamba-2 (Dao and Gu,
// "Transformers are SSMs", 2024, section 7.1) and the head norm with swish gate of RetNet (Sun et al., "Retentive
// Network", 2023, equation 8). With N(v) = v / sqrt(mean(v^2) + epsilon * epsilon_scale) over each group of a row:
//   norm_before_gate   y = N(x) * weight * silu(gate)
//   otherwise          y = N(x * silu(gate)) * weight
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

template <class Real>
struct GatedRmsNormArguments {
  const Real* x;              // [rows, columns]
  const Real* gate;           // [rows, columns]
  const Real* weight;         // [columns], or [group] with weight_shared; null for ones
  const Real* epsilon_scale;  // [rows, columns / group]; null for ones. The norm of x / sqrt(s) is that of x with
                              // epsilon_scale s, so rows need not be divided first.
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t group;  // columns of a group; divides columns
  bool weight_shared;  // every group has the same weight
  bool norm_before_gate;
  Real epsilon;

  std::int64_t groups() const { return columns / group; }
  std::int64_t weight_size() const { return weight_shared ? group : columns; }
};

template <class Real>
struct GatedRmsNormForward {
  GatedRmsNormArguments<Real> inputs;
  Real* y;            // [rows, columns]
  Real* inverse_rms;  // [rows, columns / group], kept for the backward pass; may be null
};

template <class Real>
struct GatedRmsNormBackward {
  GatedRmsNormArguments<Real> inputs;
  const Real* inverse_rms;  // [rows, columns / group]
  const Real* dy;           // [rows, columns]
  Real* dx;                 // [rows, columns], written
  Real* dgate;              // [rows, columns], written
  Real* dweight;            // like weight, added to; may be null
  Real* scratch;            // [kGatedRmsNormPieces, weight_size]
};

/// The weight gradient is summed in this many pieces of rows, whatever the number of threads.
inline constexpr std::int64_t kGatedRmsNormPieces = 16;

void gated_rms_norm(Cpu, const GatedRmsNormForward<float>& args);
void gated_rms_norm(Cpu, const GatedRmsNormBackward<float>& args);

}  // namespace sequent::kernels
