// The readable specification of kernels/selective_scan.h, and the oracle of its tests. It keeps every state, and needs
// neither checkpoints nor scratch.
#pragma once

#include <cmath>
#include <vector>

#include "sequent/kernels/selective_scan.h"

namespace sequent::kernels::reference {

// As in PyTorch: beyond 20 the argument itself.
template <class Real>
Real softplus(Real z) {
  return z > 20 ? z : std::log1p(std::exp(z));
}

template <class Real>
Real sigmoid(Real z) {
  return 1 / (1 + std::exp(-z));
}

// What one channel of one sequence goes through: its states before the first and after every token.
template <class Real>
std::vector<Real> scan_states(const SelectiveScanArguments<Real>& args, std::int64_t sequence, std::int64_t e) {
  const std::int64_t begin = args.offsets[sequence], length = args.offsets[sequence + 1] - begin, n = args.states;
  std::vector<Real> h(static_cast<std::size_t>((length + 1) * n), Real(0));
  for (std::int64_t s = 0; s < n && args.state; ++s) h[s] = args.state[(sequence * args.channels + e) * n + s];
  for (std::int64_t i = 0; i < length; ++i) {
    const std::int64_t t = begin + i, at = t * args.channels + e;
    const Real delta = softplus(args.delta[at] + args.delta_bias[e]);
    for (std::int64_t s = 0; s < n; ++s) {
      const Real decay = std::exp(-delta * std::exp(args.a_log[e * n + s]));
      h[(i + 1) * n + s] = decay * h[i * n + s] + delta * args.b[t * n + s] * args.x[at];
    }
  }
  return h;
}

template <class Real>
void selective_scan(const SelectiveScanForward<Real>& args) {
  const auto& in = args.inputs;
  const std::int64_t n = in.states;
  for (std::int64_t sequence = 0; sequence < in.sequences; ++sequence) {
    for (std::int64_t e = 0; e < in.channels; ++e) {
      const std::vector<Real> h = scan_states(in, sequence, e);
      const std::int64_t begin = in.offsets[sequence], length = in.offsets[sequence + 1] - begin;
      for (std::int64_t i = 0; i < length; ++i) {
        const std::int64_t t = begin + i, at = t * in.channels + e;
        Real y = in.d[e] * in.x[at];
        for (std::int64_t s = 0; s < n; ++s) y += in.c[t * n + s] * h[(i + 1) * n + s];
        args.y[at] = in.gate ? y * in.gate[at] * sigmoid(in.gate[at]) : y;
      }
      for (std::int64_t s = 0; s < n && args.final_state; ++s) {
        args.final_state[(sequence * in.channels + e) * n + s] = h[length * n + s];
      }
    }
  }
}

// One channel of one sequence, from its last token to its first. With z = dy * silu(gate) and dh the gradient of the
// state, which token t + 1 hands to token t multiplied by its decay:
//   dh += z c,  dc += z h_t,  db += dh Delta x,  dx = z d + Delta sum_s dh b,
//   dDelta = sum_s dh (A decay h_{t-1} + b x),  da_log = A dA = A sum_t Delta dh decay h_{t-1}.
template <class Real>
void scan_backward(const SelectiveScanBackward<Real>& args, std::int64_t sequence, std::int64_t e) {
  const auto& in = args.inputs;
  const std::int64_t begin = in.offsets[sequence], length = in.offsets[sequence + 1] - begin, n = in.states;
  const std::vector<Real> h = scan_states(in, sequence, e);
  std::vector<Real> dh(static_cast<std::size_t>(n), Real(0));
  const std::int64_t state = (sequence * in.channels + e) * n;
  for (std::int64_t s = 0; s < n && args.dfinal_state; ++s) dh[s] = args.dfinal_state[state + s];
  for (std::int64_t i = length - 1; i >= 0; --i) {
    const std::int64_t t = begin + i, at = t * in.channels + e;
    const Real argument = in.delta[at] + in.delta_bias[e], delta = softplus(argument), x = in.x[at];
    const Real gate = in.gate ? in.gate[at] : Real(0), open = sigmoid(gate);
    const Real z = in.gate ? args.dy[at] * gate * open : args.dy[at];
    Real y = in.d[e] * x, dx = z * in.d[e], ddelta = 0;
    for (std::int64_t s = 0; s < n; ++s) {
      const Real a = -std::exp(in.a_log[e * n + s]), decay = std::exp(delta * a), before = decay * h[i * n + s];
      const Real b = in.b[t * n + s], c = in.c[t * n + s];
      y += c * h[(i + 1) * n + s];
      dh[s] += z * c;
      args.dc[t * n + s] += z * h[(i + 1) * n + s];
      args.db[t * n + s] += dh[s] * delta * x;
      dx += delta * dh[s] * b;
      ddelta += dh[s] * (a * before + b * x);
      if (args.da_log) args.da_log[e * n + s] += a * delta * dh[s] * before;
      dh[s] *= decay;
    }
    args.dx[at] = dx;
    args.ddelta[at] = ddelta * (argument > 20 ? 1 : sigmoid(argument));
    if (args.dgate) args.dgate[at] = args.dy[at] * y * open * (1 + gate * (1 - open));
    if (args.ddelta_bias) args.ddelta_bias[e] += args.ddelta[at];
    if (args.dd) args.dd[e] += z * x;
  }
  for (std::int64_t s = 0; s < n && args.dstate; ++s) args.dstate[state + s] = dh[s];
}

template <class Real>
void selective_scan(const SelectiveScanBackward<Real>& args) {
  const auto& in = args.inputs;
  std::fill_n(args.db, in.tokens() * in.states, Real(0));
  std::fill_n(args.dc, in.tokens() * in.states, Real(0));
  for (std::int64_t sequence = 0; sequence < in.sequences; ++sequence) {
    for (std::int64_t e = 0; e < in.channels; ++e) scan_backward(args, sequence, e);
  }
}

}  // namespace sequent::kernels::reference
