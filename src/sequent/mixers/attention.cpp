#include "sequent/mixers/attention.h"

#include <cmath>

#include "sequent/base/error.h"
#include "sequent/mixers/key_value_states.h"
#include "sequent/ops/rotary.h"

namespace sequent {
namespace {

Linear projection(std::int64_t inputs, std::int64_t outputs, bool bias, float deviation, const ParameterScope& scope) {
  return {inputs, outputs, {.bias = bias, .weight = initialize::normal(deviation)}, scope};
}

// Within the window it makes no difference; beyond, the result would silently be another model's.
void expect_within_window(std::int64_t window, const Segments& segments, std::span<MixerState* const> states) {
  for (std::int64_t i = 0; window > 0 && i < segments.count(); ++i) {
    const std::int64_t before = states.empty() ? 0 : states[static_cast<std::size_t>(i)]->position;
    check(before + segments.length(i) <= window,
          "attention: this model's window is {} tokens, longer sequences are not supported, got {}", window,
          before + segments.length(i));
  }
}

AttentionOptions options_of(const AttentionConfig& config) {
  AttentionOptions options = {config.heads, config.key_value_heads, config.causal, config.scale};
  if (const double factor = config.rope_scaling.score_factor(); factor != 1) {
    const double scale = config.scale != 0 ? config.scale : 1 / std::sqrt(static_cast<double>(config.head_width));
    options.scale = static_cast<float>(factor * scale);
  }
  return options;
}

}  // namespace

std::vector<Field> AttentionConfig::fields() {
  std::vector<Field> all = {{"heads", &heads},
                            {"key_value_heads", &key_value_heads},
                            {"head_width", &head_width},
                            {"rope_base", &rope_base},
                            {"bias", &bias},
                            {"output_bias", &output_bias},
                            {"window", &window},
                            {"causal", &causal},
                            {"scale", &scale},
                            descriptive("query_factor", &query_factor),
                            descriptive("weight_deviation", &weight_deviation),
                            descriptive("residual_deviation", &residual_deviation)};
  for (const Field& field : rope_scaling.fields()) all.push_back(field);
  return all;
}

void AttentionConfig::validate() const {
  expect_positive("heads", heads);
  expect_positive("key-value heads", key_value_heads);
  expect_positive("head width", head_width);
  check(heads % key_value_heads == 0, "model: key-value heads must divide heads, got {} and {}", key_value_heads,
        heads);
  check(rope_base == 0 || head_width % 2 == 0, "model: rotary positions need an even head width, got {}", head_width);
  rope_scaling.validate();
  check(rope_scaling.kind == RotaryScaling::Kind::none || rope_base > 1,
        "model: scaled rotary positions need a base above 1, got {}", rope_base);
}

Linear query_projection(const AttentionConfig& config, std::int64_t width, const ParameterScope& scope) {
  return projection(width, config.heads * config.head_width, config.bias, config.query_factor * config.weight_deviation,
                    scope);
}

Linear key_value_projection(const AttentionConfig& config, std::int64_t width, const ParameterScope& scope) {
  return projection(width, config.key_value_heads * config.head_width, config.bias, config.weight_deviation, scope);
}

Linear output_projection(const AttentionConfig& config, std::int64_t width, const ParameterScope& scope) {
  return projection(config.heads * config.head_width, width, config.bias && config.output_bias,
                    config.residual_deviation, scope);
}

Attention::Attention(const AttentionConfig& config, std::int64_t width, const ParameterScope& scope)
    : config_(config),
      q_proj_(query_projection(config, width, scope("q_proj"))),
      k_proj_(key_value_projection(config, width, scope("k_proj"))),
      v_proj_(key_value_projection(config, width, scope("v_proj"))),
      o_proj_(output_projection(config, width, scope("o_proj"))) {}

Var Attention::forward(const Var& x, const Segments& segments, std::span<MixerState* const> states) const {
  return forward_with_bias(x, segments, states, {});
}

Var Attention::forward_with_bias(const Var& x, const Segments& segments, std::span<MixerState* const> states,
                                 const Var& bias) const {
  expect_states("attention", segments, states);
  check(states.empty() || config_.causal, "attention: only causal attention can continue from a state");
  expect_within_window(config_.window, segments, states);
  Var q = q_proj_(x);
  Var k = k_proj_(x);
  const Var v = v_proj_(x);
  if (config_.rope_base > 0) {
    const std::vector<std::int64_t> positions = positions_of(segments, states);
    q = rotary(q, positions, {.heads = config_.heads, .base = config_.rope_base, .scaling = config_.rope_scaling});
    k = rotary(k, positions,
               {.heads = config_.key_value_heads, .base = config_.rope_base, .scaling = config_.rope_scaling});
  }
  if (states.empty()) return o_proj_(attention(q, k, v, segments, segments, options_of(config_), bias));
  append_keys_values(k, v, segments, states);
  return o_proj_(attend_to_states(q, segments, states, options_of(config_), bias));
}

MixerState Attention::initial_state() const {
  return empty_key_value_state(config_.key_value_heads * config_.head_width);
}

std::int64_t Attention::state_bytes(std::int64_t tokens, std::int64_t element_bytes) const {
  return 2 * tokens * config_.key_value_heads * config_.head_width * element_bytes;
}

// For each pair of a query and a key it may see, of every head: q.k and p v, a product and a sum per channel. A causal
// query sees the keys up to its own.
std::int64_t Attention::sequence_flops(std::int64_t tokens) const {
  const std::int64_t pairs = config_.causal ? tokens * (tokens + 1) / 2 : tokens * tokens;
  return 4 * pairs * config_.heads * config_.head_width;
}

}  // namespace sequent
