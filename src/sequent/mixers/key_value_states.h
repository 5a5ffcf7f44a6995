// The keys and values that attention remembers of each sequence, in a MixerState.
#pragma once

#include "sequent/mixers/mixer.h"
#include "sequent/ops/attention.h"

namespace sequent {

/// Of no tokens yet; entries "keys" and "values" [tokens, width].
MixerState empty_key_value_state(std::int64_t width);

/// Adds the keys and values of the tokens of segment i to state i, and moves its position on. Memory grows by doubling
/// and is written in place only while nobody shares it; with gradients the parts are joined anew.
void append_keys_values(const Var& k, const Var& v, const Segments& segments, std::span<MixerState* const> states);

/// Attention of the queries of segment i over the keys and values in state i (see ops/attention.h).
Var attend_to_states(const Var& q, const Segments& segments, std::span<MixerState* const> states,
                     const AttentionOptions& options, const Var& bias = {});

}  // namespace sequent
