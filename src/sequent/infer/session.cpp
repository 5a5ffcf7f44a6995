#include "sequent/infer/session.h"

#include <algorithm>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/infer/sampler.h"
#include "sequent/ops/rows.h"

namespace sequent {

Session::Session(const LanguageModel& model, std::int64_t chunk)
    : model_(&model), chunk_(chunk), state_(model.initial_state()) {
  check(chunk > 0, "session: the chunk must be positive, got {}", chunk);
}

Session::Session(const LanguageModel& model, ModelState state, Tensor logits, std::vector<std::int32_t> recent,
                 std::int64_t chunk)
    : model_(&model), chunk_(chunk), state_(std::move(state)), logits_(std::move(logits)), recent_(std::move(recent)) {
  check(chunk > 0, "session: the chunk must be positive, got {}", chunk);
}

void Session::reset() {
  state_ = model_->initial_state();
  logits_ = Tensor();
  recent_.clear();
}

const Tensor& Session::feed(std::span<const std::int32_t> tokens) {
  check(!tokens.empty(), "session: there must be at least one token to read, got none");
  const std::int64_t vocabulary = model_->config().vocabulary;
  for (const std::int32_t token : tokens) {
    check(token >= 0 && token < vocabulary, "session: a token must be from 0 to {}, got {}", vocabulary - 1, token);
  }
  const Tape::Pause pause;
  ModelState* state = &state_;
  const auto count = static_cast<std::int64_t>(tokens.size());
  for (std::int64_t begin = 0; begin < count; begin += chunk_) {
    const std::int64_t length = std::min(chunk_, count - begin);
    const auto part = tokens.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(length));
    const Var hidden = model_->hidden(part, Segments::single(length), std::span(&state, 1));
    if (begin + length < count) continue;
    logits_ = model_->logits(slice_rows(hidden, length - 1, length)).reshape({vocabulary});
  }
  recent_.insert(recent_.end(), tokens.begin(), tokens.end());
  // Cut only now and then, so that a token costs no move of the whole window.
  if (const auto size = static_cast<std::int64_t>(recent_.size()); size >= 2 * kMaximumRepeatWindow) {
    recent_.erase(recent_.begin(), recent_.end() - kMaximumRepeatWindow);
  }
  return logits_;
}

}  // namespace sequent
