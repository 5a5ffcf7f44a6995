// The readable specification of kernels/activation.h, and the oracle of its tests.
#pragma once

#include <cmath>
#include <numbers>

#include "sequent/kernels/activation.h"

namespace sequent::kernels::reference {

/// f(x) and f'(x).
template <class Real>
struct ValueAndSlope {
  Real value;
  Real slope;
};

template <class Real>
ValueAndSlope<Real> activation_at(Activation f, Real x) {
  const Real one = 1;
  switch (f) {
    case Activation::silu: {
      const Real s = one / (one + std::exp(-x));
      return {x * s, s * (one + x * (one - s))};
    }
    case Activation::gelu: {
      const Real phi = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi_v<Real>);
      const Real distribution = std::erfc(-x / std::numbers::sqrt2_v<Real>) / 2;
      return {x * distribution, distribution + x * phi};
    }
    case Activation::gelu_tanh: {
      const Real scale = std::sqrt(2 / std::numbers::pi_v<Real>);
      const Real cubic = Real(0.044715);
      const Real tanh = std::tanh(scale * (x + cubic * x * x * x));
      const Real slope = scale * (one + 3 * cubic * x * x);
      return {x * (one + tanh) / 2, (one + tanh) / 2 + x * (one - tanh * tanh) * slope / 2};
    }
    case Activation::relu:
      return {x < 0 ? Real(0) : x, x > 0 ? one : Real(0)};
    case Activation::identity:
      break;
  }
  return {x, one};
}

template <class Real>
void activation(const ActivationForward<Real>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) args.y[i] = activation_at(args.f, args.x[i]).value;
}

template <class Real>
void activation(const ActivationBackward<Real>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) {
    const auto at = activation_at(args.f, args.x[i]);
    args.dx[i] = args.dy[i] * at.slope;
    if (args.y) args.y[i] = at.value;
  }
}

template <class Real>
void gated(const GatedForward<Real>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) args.y[i] = activation_at(args.f, args.gate[i]).value * args.value[i];
}

template <class Real>
void gated(const GatedBackward<Real>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) {
    const auto at = activation_at(args.f, args.gate[i]);
    if (args.dgate) args.dgate[i] = args.dy[i] * args.value[i] * at.slope;
    if (args.dvalue) args.dvalue[i] = args.dy[i] * at.value;
  }
}

}  // namespace sequent::kernels::reference
