// How a state-space model with one decay per head (Mamba-2) makes its steps and rates from what it has learnt:
//   delta = clamp(softplus(x + bias), minimum, maximum),   rate = -exp(a_log)
// Softplus is PyTorch's: beyond 20 the argument itself.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

template <class Real>
struct StepSizeForward {
  const Real* x;     // [rows, columns]
  const Real* bias;  // [columns]
  Real* delta;       // [rows, columns]
  std::int64_t rows;
  std::int64_t columns;
  Real minimum;
  Real maximum;
};

/// A step at or within the limits has the gradient of softplus, one beyond them none.
template <class Real>
struct StepSizeBackward {
  const Real* x;       // [rows, columns]
  const Real* bias;    // [columns]
  const Real* ddelta;  // [rows, columns]
  Real* dx;            // [rows, columns], written
  Real* dbias;         // [columns], added to; may be null
  Real* scratch;       // [kStepSizePieces, columns]
  std::int64_t rows;
  std::int64_t columns;
  Real minimum;
  Real maximum;
};

/// The bias gradient is summed in this many pieces of rows, whatever the number of threads.
inline constexpr std::int64_t kStepSizePieces = 16;

template <class Real>
struct DecayRateForward {
  const Real* a_log;  // [count]
  Real* rate;         // [count]
  std::int64_t count;
};

template <class Real>
struct DecayRateBackward {
  const Real* rate;   // [count]
  const Real* drate;  // [count]
  Real* da_log;       // [count], added to
  std::int64_t count;
};

void step_size(Cpu, const StepSizeForward<float>& args);
void step_size(Cpu, const StepSizeBackward<float>& args);
void decay_rate(Cpu, const DecayRateForward<float>& args);
void decay_rate(Cpu, const DecayRateBackward<float>& args);

}  // namespace sequent::kernels
