// The readable specification of kernels/gated_rms_norm.h, and the oracle of its tests.
#pragma once

#include <cmath>

#include "sequent/kernels/gated_rms_norm.h"

namespace sequent::kernels::reference {

// One group of one row: where it begins, and the norm's input, the weight and the gate of its columns.
template <class Real>
struct GatedRmsNormGroup {
  const GatedRmsNormArguments<Real>& in;
  std::int64_t at, weight_at;

  GatedRmsNormGroup(const GatedRmsNormArguments<Real>& inputs, std::int64_t row, std::int64_t g)
      : in(inputs),
        at(row * inputs.columns + g * inputs.group),
        weight_at(inputs.weight_shared ? 0 : g * inputs.group) {}

  Real open(std::int64_t c) const { return 1 / (1 + std::exp(-in.gate[at + c])); }
  Real silu(std::int64_t c) const { return in.gate[at + c] * open(c); }
  Real silu_slope(std::int64_t c) const { return open(c) * (1 + in.gate[at + c] * (1 - open(c))); }
  Real weight(std::int64_t c) const { return in.weight ? in.weight[weight_at + c] : Real(1); }
  // What is normalised.
  Real v(std::int64_t c) const { return in.norm_before_gate ? in.x[at + c] : in.x[at + c] * silu(c); }
  // What the normalised value is multiplied by.
  Real factor(std::int64_t c) const { return in.norm_before_gate ? weight(c) * silu(c) : weight(c); }
};

template <class Real>
void gated_rms_norm(const GatedRmsNormForward<Real>& args) {
  const auto& in = args.inputs;
  for (std::int64_t r = 0; r < in.rows; ++r) {
    for (std::int64_t g = 0; g < in.groups(); ++g) {
      const GatedRmsNormGroup<Real> group(in, r, g);
      Real sum = 0;
      for (std::int64_t c = 0; c < in.group; ++c) sum += group.v(c) * group.v(c);
      const Real epsilon = in.epsilon * (in.epsilon_scale ? in.epsilon_scale[r * in.groups() + g] : Real(1));
      const Real inverse_rms = 1 / std::sqrt(sum / static_cast<Real>(in.group) + epsilon);
      for (std::int64_t c = 0; c < in.group; ++c) args.y[group.at + c] = group.v(c) * inverse_rms * group.factor(c);
      if (args.inverse_rms) args.inverse_rms[r * in.groups() + g] = inverse_rms;
    }
  }
}

// With n = v * inverse_rms and y = n * factor:  dv = inverse_rms * (d - n * mean(d * n)),  d = dy * factor.
template <class Real>
void gated_rms_norm(const GatedRmsNormBackward<Real>& args) {
  const auto& in = args.inputs;
  for (std::int64_t r = 0; r < in.rows; ++r) {
    for (std::int64_t g = 0; g < in.groups(); ++g) {
      const GatedRmsNormGroup<Real> group(in, r, g);
      const Real scale = args.inverse_rms[r * in.groups() + g];
      const Real* dy = args.dy + group.at;
      Real mean = 0;
      for (std::int64_t c = 0; c < in.group; ++c) mean += dy[c] * group.factor(c) * group.v(c) * scale;
      mean /= static_cast<Real>(in.group);
      for (std::int64_t c = 0; c < in.group; ++c) {
        const Real normal = group.v(c) * scale, x = in.x[group.at + c];
        const Real dv = scale * (dy[c] * group.factor(c) - normal * mean);
        args.dx[group.at + c] = in.norm_before_gate ? dv : dv * group.silu(c);
        args.dgate[group.at + c] =
            group.silu_slope(c) * (in.norm_before_gate ? dy[c] * normal * group.weight(c) : dv * x);
        if (args.dweight)
          args.dweight[group.weight_at + c] += dy[c] * normal * (in.norm_before_gate ? group.silu(c) : 1);
      }
    }
  }
}

}  // namespace sequent::kernels::reference
