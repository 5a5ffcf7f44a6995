// Pointwise non-linearities f and gated products f(gate) * value. The backward recomputes f from its input, so nothing
// is kept beside the inputs. The kinds are in activation_kind.h.
#pragma once

#include <cstdint>

#include "sequent/kernels/activation_kind.h"
#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// y = f(x).
template <class Real>
struct ActivationForward {
  const Real* x;
  Real* y;  // may be x
  std::int64_t count;
  Activation f;
};

/// dx = dy * f'(x), and y = f(x) again.
template <class Real>
struct ActivationBackward {
  const Real* x;
  const Real* dy;
  Real* dx;  // may be dy
  std::int64_t count;
  Activation f;
  Real* y = nullptr;  // may be null
};

/// y = f(gate) * value.
template <class Real>
struct GatedForward {
  const Real* gate;
  const Real* value;
  Real* y;
  std::int64_t count;
  Activation f;
};

/// dgate = dy * value * f'(gate),  dvalue = dy * f(gate).
template <class Real>
struct GatedBackward {
  const Real* gate;
  const Real* value;
  const Real* dy;
  Real* dgate;   // may be null
  Real* dvalue;  // may be null, may be dy
  std::int64_t count;
  Activation f;
};

void activation(Cpu, const ActivationForward<float>& args);
void activation(Cpu, const ActivationBackward<float>& args);
void gated(Cpu, const GatedForward<float>& args);
void gated(Cpu, const GatedBackward<float>& args);

}  // namespace sequent::kernels
