#include "sequent/infer/sequence_logits.h"

#include <algorithm>
#include <array>
#include <vector>

#include "sequent/autograd/tape.h"
#include "sequent/base/catalog.h"
#include "sequent/base/error.h"

namespace sequent {
namespace {

struct FormEntry {
  std::string_view name;
  Form form;
};
constexpr std::array<FormEntry, 3> kForms = {
    {{"parallel", Form::parallel}, {"chunked", Form::chunked}, {"recurrent", Form::recurrent}}};

// One part of every sequence that is not finished, packed.
template <class State>
struct Part {
  std::vector<std::int32_t> ids;
  std::vector<std::int64_t> rows;  // where each token's logits belong
  std::vector<std::int64_t> lengths;
  std::vector<State*> states;
};

template <class State>
Part<State> part_at(std::span<const std::int32_t> ids, const Segments& segments, std::int64_t begin, std::int64_t chunk,
                    std::vector<State>& states) {
  Part<State> part;
  for (std::int64_t i = 0; i < segments.count(); ++i) {
    const std::int64_t length = std::min(chunk, segments.length(i) - begin);
    if (length <= 0) continue;
    part.lengths.push_back(length);
    part.states.push_back(&states[static_cast<std::size_t>(i)]);
    for (std::int64_t row = segments.begin(i) + begin; row < segments.begin(i) + begin + length; ++row) {
      part.ids.push_back(ids[static_cast<std::size_t>(row)]);
      part.rows.push_back(row);
    }
  }
  return part;
}

// logits_of(part) for every part of `chunk` tokens, put where they belong.
template <class State, class LogitsOf>
Tensor with_states(std::span<const std::int32_t> ids, const Segments& segments, std::int64_t vocabulary,
                   std::int64_t chunk, std::vector<State> states, LogitsOf&& logits_of) {
  const Tensor all = Tensor::empty({segments.tokens(), vocabulary});
  for (std::int64_t begin = 0;; begin += chunk) {
    const Part<State> part = part_at(ids, segments, begin, chunk, states);
    if (part.ids.empty()) return all;
    const Tensor logits = logits_of(part);
    for (std::size_t i = 0; i < part.rows.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i);
      all.slice(part.rows[i], part.rows[i] + 1).copy_from(logits.slice(row, row + 1));
    }
  }
}

void check_request(std::span<const std::int32_t> ids, const Segments& segments, Form form, std::int64_t chunk) {
  check(static_cast<std::int64_t>(ids.size()) == segments.tokens(),
        "logits: the sequences must have {} ids in all, got {}", segments.tokens(), ids.size());
  check(form != Form::chunked || chunk > 0, "logits: the chunk must be positive, got {}", chunk);
}

}  // namespace

Form form_of(std::string_view name) {
  return find_entry("form", std::span<const FormEntry>(kForms), name).form;
}

Tensor sequence_logits(const LanguageModel& model, std::span<const std::int32_t> ids, const Segments& segments,
                       Form form, std::int64_t chunk) {
  check_request(ids, segments, form, chunk);
  const Tape::Pause pause;
  if (form == Form::parallel) return model.logits(model.hidden(ids, segments));
  const std::vector<ModelState> states(static_cast<std::size_t>(segments.count()), model.initial_state());
  return with_states(ids, segments, model.config().vocabulary, form == Form::recurrent ? 1 : chunk, states,
                     [&](const Part<ModelState>& part) {
                       return model.logits(model.hidden(part.ids, Segments::of_lengths(part.lengths), part.states));
                     });
}

Tensor sequence_logits(const EncoderDecoder& model, std::span<const std::int32_t> encoder_ids,
                       const Segments& encoder_segments, std::span<const std::int32_t> ids, const Segments& segments,
                       Form form, std::int64_t chunk) {
  check_request(ids, segments, form, chunk);
  check(segments.count() == encoder_segments.count(),
        "logits: there must be as many sequences for the encoder as for the decoder, got {} and {}",
        encoder_segments.count(), segments.count());
  const Tape::Pause pause;
  const Var encoded = model.encode(encoder_ids, encoder_segments);
  if (form == Form::parallel) return model.logits(model.decode(ids, segments, encoded, encoder_segments));
  return with_states(ids, segments, model.config().vocabulary, form == Form::recurrent ? 1 : chunk,
                     model.start(encoded, encoder_segments), [&](const Part<DecoderState>& part) {
                       return model.logits(model.decode(part.ids, Segments::of_lengths(part.lengths), part.states));
                     });
}

}  // namespace sequent
