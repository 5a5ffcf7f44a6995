#include "sequent/mixers/cross_attention.h"

#include "sequent/base/error.h"
#include "sequent/mixers/key_value_states.h"

namespace sequent {
namespace {

AttentionOptions options_of(const AttentionConfig& config) {
  return {config.heads, config.key_value_heads, /*causal=*/false, config.scale};
}

}  // namespace

CrossAttention::CrossAttention(const AttentionConfig& config, std::int64_t width, const ParameterScope& scope)
    : config_(config),
      q_proj_(query_projection(config, width, scope("q_proj"))),
      k_proj_(key_value_projection(config, width, scope("k_proj"))),
      v_proj_(key_value_projection(config, width, scope("v_proj"))),
      o_proj_(output_projection(config, width, scope("o_proj"))) {}

Var CrossAttention::forward(const Var& x, const Segments& segments, const Var& encoded,
                            const Segments& encoder_segments) const {
  return o_proj_(
      attention(q_proj_(x), k_proj_(encoded), v_proj_(encoded), segments, encoder_segments, options_of(config_)));
}

std::vector<MixerState> CrossAttention::states_of(const Var& encoded, const Segments& encoder_segments) const {
  std::vector<MixerState> states(static_cast<std::size_t>(encoder_segments.count()),
                                 empty_key_value_state(config_.key_value_heads * config_.head_width));
  std::vector<MixerState*> pointers;
  for (MixerState& state : states) pointers.push_back(&state);
  append_keys_values(k_proj_(encoded), v_proj_(encoded), encoder_segments, pointers);
  return states;
}

Var CrossAttention::forward(const Var& x, const Segments& segments, std::span<MixerState* const> states) const {
  check(static_cast<std::int64_t>(states.size()) == segments.count(),
        "cross-attention: there must be one state per sequence, got {} for {} sequences", states.size(),
        segments.count());
  return o_proj_(attend_to_states(q_proj_(x), segments, states, options_of(config_)));
}

}  // namespace sequent
