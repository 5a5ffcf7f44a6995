// The readable specification of kernels/causal_conv.h, and the oracle of its tests.
#pragma once

#include <algorithm>
#include <cmath>

#include "sequent/kernels/causal_conv.h"

namespace sequent::kernels::reference {

// Row r of a sequence, counted from its first token; rows before that are in the window. Null where they are zero.
template <class Real>
const Real* conv_row(const CausalConvArguments<Real>& args, std::int64_t sequence, std::int64_t r) {
  if (r >= 0) return args.x + (args.offsets[sequence] + r) * args.channels;
  const std::int64_t kept = args.taps - 1;
  return args.window ? args.window + (sequence * kept + kept + r) * args.channels : nullptr;
}

// bias + sum_k weight * x at row r.
template <class Real>
Real conv_sum(const CausalConvArguments<Real>& args, std::int64_t sequence, std::int64_t r, std::int64_t c) {
  Real sum = args.bias ? args.bias[c] : Real(0);
  for (std::int64_t k = 0; k < args.taps; ++k) {
    const Real* row = conv_row(args, sequence, r - args.taps + 1 + k);
    if (row) sum += args.weight[c * args.taps + k] * row[c];
  }
  return sum;
}

template <class Real>
void causal_conv(const CausalConvForward<Real>& args) {
  const auto& in = args.inputs;
  const std::int64_t kept = in.taps - 1;
  for (std::int64_t i = 0; i < in.sequences; ++i) {
    const std::int64_t begin = in.offsets[i], length = in.offsets[i + 1] - begin;
    for (std::int64_t c = 0; c < in.channels; ++c) {
      for (std::int64_t r = 0; r < length; ++r) {
        const Real sum = conv_sum(in, i, r, c);
        args.y[(begin + r) * in.channels + c] = in.f == Activation::silu ? sum / (1 + std::exp(-sum)) : sum;
      }
      for (std::int64_t j = 0; j < kept && args.final_window; ++j) {
        const Real* row = conv_row(in, i, length - kept + j);
        args.final_window[(i * kept + j) * in.channels + c] = row ? row[c] : Real(0);
      }
    }
  }
}

template <class Real>
void causal_conv(const CausalConvBackward<Real>& args) {
  const auto& in = args.inputs;
  const std::int64_t kept = in.taps - 1;
  std::fill_n(args.dx, in.tokens() * in.channels, Real(0));
  if (args.dwindow) std::fill_n(args.dwindow, in.sequences * kept * in.channels, Real(0));
  for (std::int64_t i = 0; i < in.sequences; ++i) {
    const std::int64_t begin = in.offsets[i], length = in.offsets[i + 1] - begin;
    const auto add_to_row = [&](std::int64_t r, std::int64_t c, Real gradient) {
      if (r >= 0) {
        args.dx[(begin + r) * in.channels + c] += gradient;
      } else if (args.dwindow) {
        args.dwindow[(i * kept + kept + r) * in.channels + c] += gradient;
      }
    };
    for (std::int64_t c = 0; c < in.channels; ++c) {
      for (std::int64_t r = 0; r < length; ++r) {
        const Real sum = conv_sum(in, i, r, c), open = 1 / (1 + std::exp(-sum));
        const Real slope = in.f == Activation::silu ? open * (1 + sum * (1 - open)) : Real(1);
        const Real dsum = args.dy[(begin + r) * in.channels + c] * slope;
        if (args.dbias) args.dbias[c] += dsum;
        for (std::int64_t k = 0; k < in.taps; ++k) {
          const Real* row = conv_row(in, i, r - kept + k);
          if (row && args.dweight) args.dweight[c * in.taps + k] += dsum * row[c];
          add_to_row(r - kept + k, c, dsum * in.weight[c * in.taps + k]);
        }
      }
      for (std::int64_t j = 0; j < kept && args.dfinal_window; ++j) {
        add_to_row(length - kept + j, c, args.dfinal_window[(i * kept + j) * in.channels + c]);
      }
    }
  }
}

}  // namespace sequent::kernels::reference
