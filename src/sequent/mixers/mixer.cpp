#include "sequent/mixers/mixer.h"

#include "sequent/base/error.h"
#include "sequent/ops/rows.h"

namespace sequent {

std::int64_t MixerState::bytes() const {
  std::int64_t total = 0;
  for (const Entry& entry : entries) total += entry.value.value().bytes();
  return total;
}

void MixerState::detach() {
  for (Entry& entry : entries) entry.value = Var(entry.value.value());
}

void expect_positive(std::string_view what, std::int64_t size) {
  check(size > 0, "model: {} must be positive, got {}", what, size);
}

Var gather_states(std::span<MixerState* const> states, std::size_t index) {
  std::vector<Var> parts;
  for (const MixerState* state : states) parts.push_back(state->entries[index].value);
  return concat_rows(parts);
}

void scatter_states(const Var& packed, std::span<MixerState* const> states, std::size_t index) {
  for (std::size_t i = 0; i < states.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    states[i]->entries[index].value = states.size() == 1 ? packed : slice_rows(packed, row, row + 1);
  }
}

void expect_states(std::string_view mixer, const Segments& segments, std::span<MixerState* const> states) {
  check(states.empty() || static_cast<std::int64_t>(states.size()) == segments.count(),
        "{}: there must be one state per sequence, got {} for {} sequences", mixer, states.size(), segments.count());
}

std::vector<std::int64_t> positions_of(const Segments& segments, std::span<MixerState* const> states) {
  std::vector<std::int64_t> positions;
  positions.reserve(static_cast<std::size_t>(segments.tokens()));
  for (std::int64_t i = 0; i < segments.count(); ++i) {
    const std::int64_t first = states.empty() ? 0 : states[static_cast<std::size_t>(i)]->position;
    for (std::int64_t t = 0; t < segments.length(i); ++t) positions.push_back(first + t);
  }
  return positions;
}

void advance_positions(std::span<MixerState* const> states, const Segments& segments) {
  for (std::size_t i = 0; i < states.size(); ++i) states[i]->position += segments.length(static_cast<std::int64_t>(i));
}

}  // namespace sequent
