// Multi-head attention with rotary positions and grouped queries (Vaswani et al., 2017; Su et al., 2021; Ainslie et
// al., 2023), as in Llama.
#pragma once

#include "sequent/base/fields.h"
#include "sequent/mixers/mixer.h"
#include "sequent/nn/linear.h"
#include "sequent/ops/rotary_scaling.h"

namespace sequent {

struct AttentionConfig {
  std::int64_t heads = 0;
  std::int64_t key_value_heads = 0;  // divides heads
  std::int64_t head_width = 0;
  float rope_base = 10000.0f;  // 0: no positions
  RotaryScaling rope_scaling = {};
  bool bias = false;        // of all four projections
  bool output_bias = true;  // of o_proj too, where they have any
  std::int64_t window = 0;  // > 0: later tokens would see only so many; a sequence that long is refused
  bool causal = true;
  float scale = 0.0f;                // of the scores; 0: 1 / sqrt(head_width)
  float query_factor = 1.0f;         // on the weight_deviation of a fresh q_proj
  float weight_deviation = 0.02f;    // of fresh weights
  float residual_deviation = 0.02f;  // of a fresh o_proj

  std::vector<Field> fields();
  void validate() const;
};

/// The projections of attention, fresh as the configuration says.
Linear query_projection(const AttentionConfig& config, std::int64_t width, const ParameterScope& scope);
Linear key_value_projection(const AttentionConfig& config, std::int64_t width, const ParameterScope& scope);
Linear output_projection(const AttentionConfig& config, std::int64_t width, const ParameterScope& scope);

/// Parameters q_proj, k_proj, v_proj, o_proj. States: "keys" (rotated) and "values", [position, key_value_heads * d].
class Attention : public SequenceMixer {
 public:
  Attention(const AttentionConfig& config, std::int64_t width, const ParameterScope& scope);

  Var forward(const Var& x, const Segments& segments, std::span<MixerState* const> states = {}) const override;
  /// The same with a bias of the scores by relative position, as ops/attention.h takes it; undefined: none.
  Var forward_with_bias(const Var& x, const Segments& segments, std::span<MixerState* const> states,
                        const Var& bias) const;
  MixerState initial_state() const override;
  std::int64_t state_bytes(std::int64_t tokens, std::int64_t element_bytes) const override;
  std::int64_t sequence_flops(std::int64_t tokens) const override;

 private:
  AttentionConfig config_;
  Linear q_proj_;
  Linear k_proj_;
  Linear v_proj_;
  Linear o_proj_;
};

}  // namespace sequent
