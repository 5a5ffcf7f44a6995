// Depthwise causal convolution with a carried window (the short convolution of Mamba; Gu and Dao, 2023, section 3.4).
// For each sequence, with row r < 0 of x read from the window (row r + taps - 1, oldest first) or zero without one:
//   y[t, c] = f(bias[c] + sum_k weight[c, k] * x[t - taps + 1 + k, c])
// and the final window holds the last taps - 1 rows of x, reaching into the old window if the sequence is shorter.
#pragma once

#include <cstdint>

#include "sequent/kernels/activation_kind.h"
#include "sequent/kernels/device.h"

namespace sequent::kernels {

inline constexpr std::int64_t kCausalConvMaximumTaps = 16;

/// What forward and backward both read. Sequence i is tokens offsets[i] to offsets[i + 1].
template <class Real>
struct CausalConvArguments {
  const Real* x;       // [tokens, channels]
  const Real* weight;  // [channels, taps]
  const Real* bias;    // [channels]; null for none
  const Real* window;  // [sequences, taps - 1, channels]; null for zeros
  const std::int64_t* offsets;
  std::int64_t sequences;
  std::int64_t channels;
  std::int64_t taps;  // 1 to kCausalConvMaximumTaps
  Activation f;       // identity or silu

  std::int64_t tokens() const { return offsets[sequences]; }
};

template <class Real>
struct CausalConvForward {
  CausalConvArguments<Real> inputs;
  Real* y;             // [tokens, channels]
  Real* final_window;  // [sequences, taps - 1, channels]; may be null
};

template <class Real>
struct CausalConvBackward {
  CausalConvArguments<Real> inputs;
  const Real* dy;             // [tokens, channels]
  const Real* dfinal_window;  // [sequences, taps - 1, channels]; null for zeros
  Real* dx;                   // [tokens, channels], written
  Real* dwindow;              // [sequences, taps - 1, channels], written; may be null
  Real* dweight;              // [channels, taps], added to; may be null
  Real* dbias;                // [channels], added to; may be null
  Real* partials;             // [kCausalConvPieces, taps + 1, channels]
};

/// The gradients of weight and bias are summed in this many pieces of tokens, whatever the number of threads.
inline constexpr std::int64_t kCausalConvPieces = 16;

void causal_conv(Cpu, const CausalConvForward<float>& args);
void causal_conv(Cpu, const CausalConvBackward<float>& args);

}  // namespace sequent::kernels
