#include "sequent/mixers/mamba.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sequent/ops/causal_conv.h"
#include "sequent/ops/linear.h"
#include "sequent/ops/rows.h"
#include "sequent/ops/selective_scan.h"

namespace sequent {
namespace {

// Entries of the state.
constexpr std::size_t kWindow = 0;
constexpr std::size_t kScan = 1;

// A[e, s] = -(s + 1), the real part of S4D-Lin.
Initializer a_log_start(std::int64_t states) {
  return [states](const Tensor& values, const Random&) {
    for (std::int64_t i = 0; i < values.elements(); ++i) {
      values.mutable_floats()[i] = static_cast<float>(std::log(static_cast<double>(i % states + 1)));
    }
  };
}

Var conv_parameter(const MambaConfig& config, std::string_view name, const Shape& shape, bool decay,
                   const ParameterScope& scope) {
  return scope("conv1d").parameter(name, shape, initialize::fan_in(config.taps), decay);
}

std::vector<RmsNorm> inner_norms(const MambaConfig& config, const ParameterScope& scope) {
  std::vector<RmsNorm> norms;
  if (!config.inner_norms) return norms;
  const auto add = [&](std::int64_t width, const char* name) {
    if (config.inner_norm_weights) {
      norms.emplace_back(width, config.inner_norm_epsilon, scope(name));
    } else {
      norms.emplace_back(width, config.inner_norm_epsilon);
    }
  };
  add(config.delta_rank, "dt_layernorm");
  add(config.states, "b_layernorm");
  add(config.states, "c_layernorm");
  return norms;
}

}  // namespace

std::vector<Field> MambaConfig::fields() {
  return {{"inner_width", &inner_width},
          {"states", &states},
          {"taps", &taps},
          {"delta_rank", &delta_rank},
          {"bias", &bias},
          {"conv_bias", &conv_bias},
          {"inner_norms", &inner_norms},
          {"inner_norm_weights", &inner_norm_weights},
          {"inner_norm_epsilon", &inner_norm_epsilon},
          descriptive("delta_minimum", &delta_minimum),
          descriptive("delta_maximum", &delta_maximum),
          descriptive("delta_floor", &delta_floor),
          descriptive("residual_factor", &residual_factor)};
}

void MambaConfig::validate() const {
  expect_positive("inner width", inner_width);
  expect_positive("state size", states);
  expect_positive("convolution taps", taps);
  expect_positive("delta rank", delta_rank);
}

Mamba::Mamba(const MambaConfig& config, std::int64_t width, const ParameterScope& scope)
    : config_(config),
      in_proj_(width, 2 * config.inner_width, {.bias = config.bias, .weight = initialize::fan_in(width)},
               scope("in_proj")),
      conv_weight_(conv_parameter(config, "weight", {config.inner_width, config.taps}, /*decay=*/true, scope)),
      conv_bias_(config.conv_bias ? conv_parameter(config, "bias", {config.inner_width}, /*decay=*/false, scope)
                                  : Var()),
      x_proj_(config.inner_width, config.delta_rank + 2 * config.states,
              {.weight = initialize::fan_in(config.inner_width)}, scope("x_proj")),
      inner_norms_(inner_norms(config, scope)),
      dt_proj_(
          config.delta_rank, config.inner_width,
          {.bias = true,
           .weight = initialize::fan_in(config.delta_rank),
           .bias_start = initialize::inverse_softplus(config.delta_minimum, config.delta_maximum, config.delta_floor)},
          scope("dt_proj")),
      a_log_(scope.parameter("A_log", {config.inner_width, config.states}, a_log_start(config.states),
                             /*decay=*/false)),
      d_(scope.parameter("D", {config.inner_width}, initialize::constant(1.0f), /*decay=*/false)),
      out_proj_(config.inner_width, width,
                {.bias = config.bias, .weight = initialize::fan_in(config.inner_width, config.residual_factor)},
                scope("out_proj")) {}

Var Mamba::forward(const Var& u, const Segments& segments, std::span<MixerState* const> states) const {
  expect_states("mamba", segments, states);
  const auto state = [&](std::size_t index) { return states.empty() ? Var() : gather_states(states, index); };
  const Var x = in_proj_.outputs(u, 0, config_.inner_width);
  const Var z = in_proj_.outputs(u, config_.inner_width, 2 * config_.inner_width);
  const CausalConvResult conv = causal_conv(x, conv_weight_, conv_bias_, segments, state(kWindow), Activation::silu);
  const std::array<std::int64_t, 3> widths = {config_.delta_rank, config_.states, config_.states};
  std::vector<Var> parts = split_columns(x_proj_(conv.y), widths);
  for (std::size_t i = 0; i < inner_norms_.size(); ++i) parts[i] = inner_norms_[i](parts[i]);
  // The bias of dt_proj belongs inside the softplus, which is the scan's.
  const SelectiveScanResult scan = selective_scan({.x = conv.y,
                                                   .delta = linear(parts[0], dt_proj_.weight()),
                                                   .delta_bias = dt_proj_.bias(),
                                                   .a_log = a_log_,
                                                   .b = parts[1],
                                                   .c = parts[2],
                                                   .d = d_,
                                                   .gate = z,
                                                   .state = state(kScan)},
                                                  segments);
  if (!states.empty()) {
    scatter_states(conv.window, states, kWindow);
    scatter_states(scan.state, states, kScan);
    advance_positions(states, segments);
  }
  return out_proj_(scan.y);
}

MixerState Mamba::initial_state() const {
  return {{{"window", Tensor::zeros({1, config_.taps - 1, config_.inner_width})},
           {"scan", Tensor::zeros({1, config_.inner_width, config_.states})}},
          0};
}

std::int64_t Mamba::state_bytes(std::int64_t, std::int64_t element_bytes) const {
  return config_.inner_width * (config_.taps - 1 + config_.states) * element_bytes;
}

// For each channel and state of a token: decay h + (delta x) b and the sum of c h, five. The exponent and its
// exponential are the two of the weight A_log, and the convolution is its weights' too.
std::int64_t Mamba::sequence_flops(std::int64_t tokens) const {
  return 5 * tokens * config_.inner_width * config_.states;
}

}  // namespace sequent
