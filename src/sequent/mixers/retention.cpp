#include "sequent/mixers/retention.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/ops/gated_rms_norm.h"
#include "sequent/ops/retention_row_sums.h"
#include "sequent/ops/rows.h"
#include "sequent/ops/state_space_duality.h"

namespace sequent {
namespace {

constexpr std::size_t kRetention = 0;  // entry of the state

Linear projection(std::int64_t inputs, std::int64_t outputs, float gain, const ParameterScope& scope) {
  return {inputs, outputs, {.weight = initialize::xavier(inputs, outputs, gain)}, scope};
}

// 1 - gamma_h. From head 20 on gamma itself would round to 1 in float.
double forgotten(std::int64_t head) {
  return std::exp2(-5.0 - static_cast<double>(head));
}

double log_decay(std::int64_t head) {
  return std::log1p(-forgotten(head));
}

// s_n = sum_{j <= n} gamma^j = (1 - gamma^(n + 1)) / (1 - gamma).
double sum_of_decays(std::int64_t head, std::int64_t n) {
  return -std::expm1(static_cast<double>(n + 1) * log_decay(head)) / forgotten(head);
}

Tensor log_decays(std::int64_t heads) {
  const Tensor rate = Tensor::empty({heads});
  for (std::int64_t h = 0; h < heads; ++h) rate.mutable_floats()[h] = static_cast<float>(log_decay(h));
  return rate;
}

}  // namespace

std::vector<Field> RetentionConfig::fields() {
  static constexpr std::array<std::string_view, 2> kRotations = {"half_split", "torchscale"};
  static constexpr std::array<std::string_view, 3> kNormalisations = {"none", "canonical", "torchscale_parallel"};
  return {{"heads", &heads},
          {"key_value_heads", &key_value_heads},
          {"key_width", &key_width},
          {"value_width", &value_width},
          {"rotation", choice(rotation, kRotations)},
          {"normalisation", choice(normalisation, kNormalisations)},
          {"head_weight", &head_weight},
          {"epsilon", &epsilon},
          descriptive("projection_gain", &projection_gain),
          descriptive("residual_gain", &residual_gain)};
}

void RetentionConfig::validate() const {
  expect_positive("heads", heads);
  check(heads <= 1000, "model: retention must have at most 1000 heads, got {}", heads);
  expect_positive("key-value heads", key_value_heads);
  expect_positive("key width", key_width);
  expect_positive("value width", value_width);
  check(heads % key_value_heads == 0, "model: key-value heads must divide heads, got {} and {}", key_value_heads,
        heads);
  check(key_width % 2 == 0, "model: rotary positions need an even key width, got {}", key_width);
}

Retention::Retention(const RetentionConfig& config, std::int64_t width, const ParameterScope& scope)
    : config_(config),
      q_proj_(projection(width, config.heads * config.key_width, config.projection_gain, scope("q_proj"))),
      k_proj_(projection(width, config.key_value_heads * config.key_width, config.projection_gain, scope("k_proj"))),
      v_proj_(projection(width, config.key_value_heads * config.value_width, config.projection_gain, scope("v_proj"))),
      g_proj_(projection(width, config.heads * config.value_width, config.projection_gain, scope("g_proj"))),
      o_proj_(projection(config.heads * config.value_width, width, config.residual_gain, scope("o_proj"))),
      head_weight_(config.head_weight
                       ? scope("head_norm")
                             .parameter("weight", {config.value_width}, initialize::constant(1.0f), /*decay=*/false)
                       : Var()),
      rate_(log_decays(config.heads)) {}

Var Retention::forward(const Var& x, const Segments& segments, std::span<MixerState* const> states) const {
  expect_states("retention", segments, states);
  check(states.empty() || config_.normalisation != RetentionNormalisation::torchscale_parallel,
        "retention: torchscale's parallel normalisation needs every token at once and cannot continue from a state; "
        "the canonical one can");
  const std::int64_t copies = config_.heads / config_.key_value_heads;
  const std::vector<std::int64_t> positions = positions_of(segments, states);
  const auto rotated = [&](const Linear& project, std::int64_t heads) {
    return rotary(project(x), positions, {.heads = heads, .convention = config_.rotation});
  };
  const Var q = rotated(q_proj_, config_.heads);
  const Var k = repeat_columns(rotated(k_proj_, config_.key_value_heads), config_.key_width, copies);
  const Var v = repeat_columns(v_proj_(x), config_.value_width, copies);
  const StateSpaceDualityResult retained =
      state_space_duality({.x = v,
                           .b = k,
                           .c = q,
                           .rate = rate_,
                           .state = states.empty() ? Var() : gather_states(states, kRetention),
                           .groups = config_.heads},
                          segments);
  const GatedRmsNormOptions norm = {.group = config_.value_width,
                                    // RMS(o / sqrt(d); epsilon) = RMS(o; epsilon d).
                                    .epsilon = config_.epsilon * static_cast<float>(config_.key_width),
                                    .norm_before_gate = true,
                                    .epsilon_scale = epsilon_scales(q.value(), k.value(), positions, segments)};
  if (!states.empty()) {
    scatter_states(retained.state, states, kRetention);
    advance_positions(states, segments);
  }
  return o_proj_(gated_rms_norm(retained.y, g_proj_(x), head_weight_, norm));
}

// What epsilon is multiplied by instead of dividing o_n: t_n^2. c_n is held constant in the backward pass, as
// published.
Tensor Retention::epsilon_scales(const Tensor& q, const Tensor& k, std::span<const std::int64_t> positions,
                                 const Segments& segments) const {
  if (config_.normalisation == RetentionNormalisation::none) return Tensor();
  const bool parallel = config_.normalisation == RetentionNormalisation::torchscale_parallel;
  const Tensor sums = parallel ? retention_row_sums(q, k, rate_, segments) : Tensor();
  const Tensor factors = Tensor::empty({segments.tokens(), config_.heads});
  parallel_for(0, segments.tokens(), 256, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = begin; t < end; ++t) {
      for (std::int64_t h = 0; h < config_.heads; ++h) {
        const std::int64_t at = t * config_.heads + h;
        double factor = sum_of_decays(h, positions[static_cast<std::size_t>(t)]);
        if (parallel) {
          const double sum = sums.floats()[at] / std::sqrt(factor * static_cast<double>(config_.key_width));
          const double c = std::clamp(sum, 1.0, 5e4);
          factor *= c * c;
        }
        factors.mutable_floats()[at] = static_cast<float>(factor);
      }
    }
  });
  return factors;
}

MixerState Retention::initial_state() const {
  return {{{"retention", Tensor::zeros({1, config_.heads, config_.key_width, config_.value_width})}}, 0};
}

std::int64_t Retention::state_bytes(std::int64_t, std::int64_t element_bytes) const {
  return config_.heads * config_.key_width * config_.value_width * element_bytes;
}

// The recurrence, and the row sums of torchscale's parallel form, q.k for every pair of tokens.
std::int64_t Retention::sequence_flops(std::int64_t tokens) const {
  const bool parallel = config_.normalisation == RetentionNormalisation::torchscale_parallel;
  const std::int64_t pairs = parallel ? tokens * (tokens + 1) / 2 : 0;
  return state_space_duality_flops(tokens, config_.heads, config_.heads, config_.key_width, config_.value_width) +
         2 * pairs * config_.heads * config_.key_width;
}

}  // namespace sequent
