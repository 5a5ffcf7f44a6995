// The readable specification of kernels/state_space_duality.h, token by token, and the oracle of its tests. It needs
// neither checkpoints nor scratch; the backward pass keeps every state of a head.
#pragma once

#include <cmath>
#include <vector>

#include "sequent/kernels/state_space_duality.h"

namespace sequent::kernels::reference {

// Where one token of one head finds what it reads.
template <class Real>
struct DualityToken {
  std::int64_t x, b, delta;  // index of the first element in x, b (or c) and delta
  Real step, decay;

  DualityToken(const StateSpaceDualityArguments<Real>& in, std::int64_t t, std::int64_t h)
      : x((t * in.heads + h) * in.width),
        b((t * in.groups + h / in.heads_per_group()) * in.states),
        delta(t * in.heads + h),
        step(in.delta ? in.delta[delta] : Real(1)),
        decay(std::exp(step * in.rate[h])) {}
};

template <class Real>
Real skip_of(const StateSpaceDualityArguments<Real>& in, std::int64_t h, std::int64_t p) {
  return in.skip ? in.skip[in.skip_per_channel ? h * in.width + p : h] : Real(0);
}

// The state after one token.
template <class Real>
void duality_update(const StateSpaceDualityArguments<Real>& in, const DualityToken<Real>& at, const Real* before,
                    Real* after) {
  for (std::int64_t s = 0; s < in.states; ++s) {
    for (std::int64_t p = 0; p < in.width; ++p) {
      const std::int64_t i = s * in.width + p;
      after[i] = at.decay * before[i] + at.step * in.b[at.b + s] * in.x[at.x + p];
    }
  }
}

template <class Real>
std::vector<Real> duality_start(const StateSpaceDualityArguments<Real>& in, std::int64_t sequence, std::int64_t h) {
  const std::int64_t size = in.states * in.width;
  std::vector<Real> state(static_cast<std::size_t>(size), Real(0));
  if (in.state) std::copy_n(in.state + (sequence * in.heads + h) * size, size, state.begin());
  return state;
}

template <class Real>
void state_space_duality(const StateSpaceDualityForward<Real>& args) {
  const auto& in = args.inputs;
  const std::int64_t size = in.states * in.width;
  for (std::int64_t sequence = 0; sequence < in.sequences; ++sequence) {
    for (std::int64_t h = 0; h < in.heads; ++h) {
      std::vector<Real> state = duality_start(in, sequence, h);
      for (std::int64_t t = in.offsets[sequence]; t < in.offsets[sequence + 1]; ++t) {
        const DualityToken<Real> at(in, t, h);
        duality_update(in, at, state.data(), state.data());
        for (std::int64_t p = 0; p < in.width; ++p) {
          Real y = skip_of(in, h, p) * in.x[at.x + p];
          for (std::int64_t s = 0; s < in.states; ++s) y += in.c[at.b + s] * state[s * in.width + p];
          args.y[at.x + p] = y;
        }
      }
      std::copy(state.begin(), state.end(), args.final_state + (sequence * in.heads + h) * size);
    }
  }
}

// One token: `d` is the gradient of the state after it and becomes that of the state before it.
//   d += c dy,  dc += S_t dy,  db += delta d x,  dx = skip dy + delta d b,
//   da = sum d decay S_{t-1} for a = delta rate,  ddelta = rate da + sum d b x,  drate += delta da.
template <class Real>
void duality_token_backward(const StateSpaceDualityBackward<Real>& args, const DualityToken<Real>& at, std::int64_t h,
                            const Real* before, const Real* after, Real* d) {
  const auto& in = args.inputs;
  Real da = 0, direct = 0;
  for (std::int64_t p = 0; p < in.width; ++p) args.dx[at.x + p] = skip_of(in, h, p) * args.dy[at.x + p];
  for (std::int64_t s = 0; s < in.states; ++s) {
    for (std::int64_t p = 0; p < in.width; ++p) {
      const std::int64_t i = s * in.width + p;
      const Real b = in.b[at.b + s], x = in.x[at.x + p], dy = args.dy[at.x + p];
      d[i] += in.c[at.b + s] * dy;
      args.dc[at.b + s] += after[i] * dy;
      args.db[at.b + s] += at.step * d[i] * x;
      args.dx[at.x + p] += at.step * d[i] * b;
      direct += d[i] * b * x;
      d[i] *= at.decay;
      da += d[i] * before[i];
    }
  }
  if (args.ddelta) args.ddelta[at.delta] = in.rate[h] * da + direct;
  if (args.drate) args.drate[h] += at.step * da;
  for (std::int64_t p = 0; p < in.width && args.dskip; ++p) {
    args.dskip[in.skip_per_channel ? h * in.width + p : h] += args.dy[at.x + p] * in.x[at.x + p];
  }
}

template <class Real>
void state_space_duality(const StateSpaceDualityBackward<Real>& args) {
  const auto& in = args.inputs;
  const std::int64_t size = in.states * in.width;
  std::fill_n(args.db, in.tokens() * in.groups * in.states, Real(0));
  std::fill_n(args.dc, in.tokens() * in.groups * in.states, Real(0));
  for (std::int64_t sequence = 0; sequence < in.sequences; ++sequence) {
    for (std::int64_t h = 0; h < in.heads; ++h) {
      const std::int64_t begin = in.offsets[sequence], end = in.offsets[sequence + 1];
      std::vector<Real> states = duality_start(in, sequence, h);
      states.resize(static_cast<std::size_t>((end - begin + 1) * size));
      const auto state = [&](std::int64_t t) { return states.data() + (t - begin) * size; };  // before token t
      for (std::int64_t t = begin; t < end; ++t) {
        duality_update(in, DualityToken<Real>(in, t, h), state(t), state(t + 1));
      }
      const std::int64_t at = (sequence * in.heads + h) * size;
      std::vector<Real> d(static_cast<std::size_t>(size), Real(0));
      if (args.dfinal_state) std::copy_n(args.dfinal_state + at, size, d.begin());
      for (std::int64_t t = end - 1; t >= begin; --t) {
        duality_token_backward(args, DualityToken<Real>(in, t, h), h, state(t), state(t + 1), d.data());
      }
      if (args.dstate) std::copy(d.begin(), d.end(), args.dstate + at);
    }
  }
}

}  // namespace sequent::kernels::reference
