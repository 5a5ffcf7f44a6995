// One sequence being read and continued by a model: the prompt in chunks, then token by token.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sequent/models/language_model.h"

namespace sequent {

/// Everything that a model remembers of a sequence. Copies are branches: they share memory until one goes on.
class Session {
 public:
  /// The model must outlive this. Long inputs are read `chunk` tokens at a time, which bounds the memory they take.
  explicit Session(const LanguageModel& model, std::int64_t chunk = 512);
  /// A session as it was saved: all that has been read so far is in the arguments.
  Session(const LanguageModel& model, ModelState state, Tensor logits, std::vector<std::int32_t> recent,
          std::int64_t chunk = 512);

  /// Reads tokens, at least one, and returns logits() afterwards. An id outside the vocabulary is an Error that leaves
  /// the session as it was.
  const Tensor& feed(std::span<const std::int32_t> tokens);
  const Tensor& feed(std::int32_t token) { return feed(std::span(&token, 1)); }

  /// [vocabulary], for the token that follows; undefined before the first token. Never written to again.
  const Tensor& logits() const { return logits_; }
  const ModelState& state() const { return state_; }
  /// Tokens read.
  std::int64_t position() const { return state_.position(); }
  /// The last tokens read, at least kMaximumRepeatWindow of them or all.
  std::span<const std::int32_t> recent() const { return recent_; }
  const LanguageModel& model() const { return *model_; }

  /// Forgets everything.
  void reset();

 private:
  const LanguageModel* model_;
  std::int64_t chunk_;
  ModelState state_;
  Tensor logits_;
  std::vector<std::int32_t> recent_;
};

}  // namespace sequent
