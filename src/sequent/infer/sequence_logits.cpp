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
struct Part {
  std::vector<std::int32_t> ids;
  std::vector<std::int64_t> rows;  // where each token's logits belong
  std::vector<std::int64_t> lengths;
  std::vector<ModelState*> states;
};

Part part_at(std::span<const std::int32_t> ids, const Segments& segments, std::int64_t begin, std::int64_t chunk,
             std::vector<ModelState>& states) {
  Part part;
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

Tensor with_states(const LanguageModel& model, std::span<const std::int32_t> ids, const Segments& segments,
                   std::int64_t chunk) {
  const Tensor all = Tensor::empty({segments.tokens(), model.config().vocabulary});
  std::vector<ModelState> states;
  for (std::int64_t i = 0; i < segments.count(); ++i) states.push_back(model.initial_state());
  for (std::int64_t begin = 0;; begin += chunk) {
    const Part part = part_at(ids, segments, begin, chunk, states);
    if (part.ids.empty()) return all;
    const Tensor logits = model.logits(model.hidden(part.ids, Segments::of_lengths(part.lengths), part.states));
    for (std::size_t i = 0; i < part.rows.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i);
      all.slice(part.rows[i], part.rows[i] + 1).copy_from(logits.slice(row, row + 1));
    }
  }
}

}  // namespace

Form form_of(std::string_view name) {
  return find_entry("form", std::span<const FormEntry>(kForms), name).form;
}

Tensor sequence_logits(const LanguageModel& model, std::span<const std::int32_t> ids, const Segments& segments,
                       Form form, std::int64_t chunk) {
  check(static_cast<std::int64_t>(ids.size()) == segments.tokens(),
        "logits: the sequences must have {} ids in all, got {}", segments.tokens(), ids.size());
  check(form != Form::chunked || chunk > 0, "logits: the chunk must be positive, got {}", chunk);
  const Tape::Pause pause;
  if (form == Form::parallel) return model.logits(model.hidden(ids, segments));
  return with_states(model, ids, segments, form == Form::recurrent ? 1 : chunk);
}

}  // namespace sequent
