#include "sequent/mixers/mamba2.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sequent/base/error.h"
#include "sequent/kernels/state_space_duality.h"
#include "sequent/ops/activation.h"
#include "sequent/ops/causal_conv.h"
#include "sequent/ops/gated_rms_norm.h"
#include "sequent/ops/rows.h"
#include "sequent/ops/state_space_duality.h"

namespace sequent {
namespace {

// Entries of the state.
constexpr std::size_t kWindow = 0;
constexpr std::size_t kScan = 1;

// Rates uniform in their range.
Initializer a_log_start(const Mamba2Config& config) {
  return [low = config.rate_minimum, high = config.rate_maximum](const Tensor& values, const Random& random) {
    for (std::int64_t i = 0; i < values.elements(); ++i) {
      const double u = random.uniform(static_cast<std::uint64_t>(i));
      values.mutable_floats()[i] = static_cast<float>(std::log(low + u * (high - low)));
    }
  };
}

}  // namespace

std::vector<Field> Mamba2Config::fields() {
  return {{"inner_width", &inner_width},
          {"head_width", &head_width},
          {"groups", &groups},
          {"states", &states},
          {"taps", &taps},
          {"delta_limit_minimum", &delta_limits.minimum},
          {"delta_limit_maximum", &delta_limits.maximum},
          {"d_per_channel", &d_per_channel},
          {"rms_norm", &rms_norm},
          {"norm_before_gate", &norm_before_gate},
          {"norm_groups", &norm_groups},
          {"norm_epsilon", &norm_epsilon},
          {"bias", &bias},
          {"conv_bias", &conv_bias},
          descriptive("delta_minimum", &delta_minimum),
          descriptive("delta_maximum", &delta_maximum),
          descriptive("delta_floor", &delta_floor),
          descriptive("rate_minimum", &rate_minimum),
          descriptive("rate_maximum", &rate_maximum),
          descriptive("residual_factor", &residual_factor)};
}

void Mamba2Config::validate() const {
  expect_positive("inner width", inner_width);
  expect_positive("head width", head_width);
  expect_positive("groups", groups);
  expect_positive("state size", states);
  expect_positive("convolution taps", taps);
  check(inner_width % head_width == 0, "model: the head width must divide the inner width, got {} and {}", head_width,
        inner_width);
  check(heads() % groups == 0, "model: groups must divide heads, got {} and {}", groups, heads());
  check(delta_limits.minimum >= 0 && delta_limits.minimum <= delta_limits.maximum,
        "model: step limits must be in order and not negative, got {} and {}", delta_limits.minimum,
        delta_limits.maximum);
}

Mamba2::Mamba2(const Mamba2Config& config, std::int64_t width, const ParameterScope& scope)
    : config_(config),
      in_proj_(width, config.inner_width + config.conv_width() + config.heads(),
               {.bias = config.bias, .weight = initialize::fan_in(width)}, scope("in_proj")),
      conv_weight_(scope("conv1d").parameter("weight", {config.conv_width(), config.taps},
                                             initialize::fan_in(config.taps), /*decay=*/true)),
      conv_bias_(config.conv_bias ? scope("conv1d").parameter("bias", {config.conv_width()},
                                                              initialize::fan_in(config.taps), /*decay=*/false)
                                  : Var()),
      dt_bias_(
          scope.parameter("dt_bias", {config.heads()},
                          initialize::inverse_softplus(config.delta_minimum, config.delta_maximum, config.delta_floor),
                          /*decay=*/false)),
      a_log_(scope.parameter("A_log", {config.heads()}, a_log_start(config), /*decay=*/false)),
      d_(scope.parameter("D", {config.d_per_channel ? config.inner_width : config.heads()}, initialize::constant(1.0f),
                         /*decay=*/false)),
      norm_weight_(config.rms_norm ? scope("norm").parameter("weight", {config.inner_width}, initialize::constant(1.0f),
                                                             /*decay=*/false)
                                   : Var()),
      out_proj_(config.inner_width, width,
                {.bias = config.bias, .weight = initialize::fan_in(config.inner_width, config.residual_factor)},
                scope("out_proj")) {}

Var Mamba2::forward(const Var& u, const Segments& segments, std::span<MixerState* const> states) const {
  expect_states("mamba2", segments, states);
  const auto state = [&](std::size_t index) { return states.empty() ? Var() : gather_states(states, index); };
  const std::int64_t convolved = config_.inner_width, steps = convolved + config_.conv_width();
  const Var z = in_proj_.outputs(u, 0, convolved);
  const CausalConvResult conv = causal_conv(in_proj_.outputs(u, convolved, steps), conv_weight_, conv_bias_, segments,
                                            state(kWindow), Activation::silu);
  const std::int64_t keys = config_.groups * config_.states;
  const std::array<std::int64_t, 3> widths = {config_.inner_width, keys, keys};
  const std::vector<Var> parts = split_columns(conv.y, widths);
  const Var delta = step_size(in_proj_.outputs(u, steps, steps + config_.heads()), dt_bias_, config_.delta_limits);
  const StateSpaceDualityResult scan = state_space_duality({.x = parts[0],
                                                            .b = parts[1],
                                                            .c = parts[2],
                                                            .delta = delta,
                                                            .rate = decay_rate(a_log_),
                                                            .skip = d_,
                                                            .state = state(kScan),
                                                            .groups = config_.groups},
                                                           segments);
  if (!states.empty()) {
    scatter_states(conv.window, states, kWindow);
    scatter_states(scan.state, states, kScan);
    for (std::size_t i = 0; i < states.size(); ++i) {
      states[i]->position += segments.length(static_cast<std::int64_t>(i));
    }
  }
  return out_proj_(gate_and_norm(scan.y, z));
}

Var Mamba2::gate_and_norm(const Var& y, const Var& z) const {
  if (!config_.rms_norm) return gated(z, y, Activation::silu);
  return gated_rms_norm(y, z, norm_weight_,
                        {.group = config_.norm_groups ? config_.inner_width / config_.groups : config_.inner_width,
                         .epsilon = config_.norm_epsilon,
                         .norm_before_gate = config_.norm_before_gate});
}

MixerState Mamba2::initial_state() const {
  return {{{"window", Tensor::zeros({1, config_.taps - 1, config_.conv_width()})},
           {"scan", Tensor::zeros({1, config_.heads(), config_.states, config_.head_width})}},
          0};
}

std::int64_t Mamba2::state_bytes(std::int64_t, std::int64_t element_bytes) const {
  return (config_.conv_width() * (config_.taps - 1) + config_.inner_width * config_.states) * element_bytes;
}

// For each channel and state of a token, into the state and out of it: a product and a sum each. And for each pair of
// tokens of a chunk, of which a query sees the keys up to its own: c.b per group and its product with x per channel.
// The decays, one per pair and head, are left out, and the convolution is its weights'.
std::int64_t Mamba2::sequence_flops(std::int64_t tokens) const {
  const std::int64_t chunk = kernels::kStateSpaceDualityChunk, rest = tokens % chunk;
  const std::int64_t pairs = tokens / chunk * (chunk * (chunk + 1) / 2) + rest * (rest + 1) / 2;
  return 4 * tokens * config_.inner_width * config_.states +
         2 * pairs * (config_.inner_width + config_.groups * config_.states);
}

}  // namespace sequent
