// Attention of one sequence over another: a decoder's tokens over the output of the encoder (Vaswani et al., 2017,
// section 3.2.3). No positions, no mask.
#pragma once

#include "sequent/mixers/attention.h"

namespace sequent {

/// Parameters q_proj, k_proj, v_proj, o_proj, as in Attention; of the configuration only the sizes and deviations
/// count.
class CrossAttention {
 public:
  CrossAttention(const AttentionConfig& config, std::int64_t width, const ParameterScope& scope);

  /// x: [tokens, width]   encoded: [encoder tokens, width]   Sequence i of `segments` looks at sequence i of
  /// `encoder_segments`, of which there must be as many.
  Var forward(const Var& x, const Segments& segments, const Var& encoded, const Segments& encoder_segments) const;

  /// What forward() reads of each encoder sequence, computed once: "keys" and "values" [its tokens, heads * d].
  std::vector<MixerState> states_of(const Var& encoded, const Segments& encoder_segments) const;
  /// The same as forward() with one such state per sequence, which does not change.
  Var forward(const Var& x, const Segments& segments, std::span<MixerState* const> states) const;

 private:
  AttentionConfig config_;
  Linear q_proj_;
  Linear k_proj_;
  Linear v_proj_;
  Linear o_proj_;
};

}  // namespace sequent
