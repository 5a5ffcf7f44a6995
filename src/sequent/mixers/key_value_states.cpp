#include "sequent/mixers/key_value_states.h"

#include <algorithm>
#include <array>

#include "sequent/autograd/tape.h"
#include "sequent/ops/rows.h"

namespace sequent {
namespace {

// Entries of the state.
constexpr std::size_t kKeys = 0;
constexpr std::size_t kValues = 1;

// Adds rows at the end of a cache. Memory grows by doubling and is written in place only while nobody shares it, so
// copies of a state stay what they were.
void append_in_place(Var& entry, const Tensor& rows) {
  Tensor cache = entry.value();
  entry = Var();
  const std::int64_t used = cache.size(0);
  const std::int64_t needed = used + rows.size(0);
  if (!cache.unique() || cache.capacity() < needed * rows.size(1)) {
    const Tensor larger = Tensor::empty({std::max(2 * used, needed), rows.size(1)});
    larger.slice(0, used).copy_from(cache);
    cache = larger;
  }
  cache = cache.extend(needed);
  cache.slice(used, needed).copy_from(rows);
  entry = Var(cache);
}

void append(Var& entry, const Var& rows, std::int64_t begin, std::int64_t end) {
  if (!recording({entry, rows})) return append_in_place(entry, rows.value().slice(begin, end));
  const std::array<Var, 2> parts = {entry, slice_rows(rows, begin, end)};
  entry = concat_rows(parts);
}

bool any_recording(const Var& q, std::span<MixerState* const> states, const Var& bias) {
  return recording({q, bias}) || std::any_of(states.begin(), states.end(), [](const MixerState* state) {
           return recording({state->entries[kKeys].value, state->entries[kValues].value});
         });
}

}  // namespace

MixerState empty_key_value_state(std::int64_t width) {
  return {{{"keys", Tensor::empty({0, width})}, {"values", Tensor::empty({0, width})}}, 0};
}

void append_keys_values(const Var& k, const Var& v, const Segments& segments, std::span<MixerState* const> states) {
  for (std::int64_t i = 0; i < segments.count(); ++i) {
    MixerState& state = *states[static_cast<std::size_t>(i)];
    append(state.entries[kKeys].value, k, segments.begin(i), segments.end(i));
    append(state.entries[kValues].value, v, segments.begin(i), segments.end(i));
    state.position += segments.length(i);
  }
}

Var attend_to_states(const Var& q, const Segments& segments, std::span<MixerState* const> states,
                     const AttentionOptions& options, const Var& bias) {
  if (any_recording(q, states, bias)) {
    std::vector<std::int64_t> lengths;
    for (const MixerState* state : states) lengths.push_back(state->entries[kKeys].value.shape()[0]);
    return attention(q, gather_states(states, kKeys), gather_states(states, kValues), segments,
                     Segments::of_lengths(lengths), options, bias);
  }
  std::vector<Tensor> keys;
  std::vector<Tensor> values;
  for (const MixerState* state : states) {
    keys.push_back(state->entries[kKeys].value.value());
    values.push_back(state->entries[kValues].value.value());
  }
  return attention_with_cache(q.value(), keys, values, segments, options, bias.defined() ? bias.value() : Tensor());
}

}  // namespace sequent
