// The loss of a model on text that it was not trained on.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sequent/models/language_model.h"
#include "sequent/text/dataset.h"

namespace sequent {

struct Evaluation {
  double loss = 0;          // mean over `tokens`, nats
  std::int64_t tokens = 0;  // that were predicted
  std::int64_t bytes = 0;   // of text that they stand for
  double seconds = 0;
  /// Entry p: the mean loss where exactly p tokens of the same document had been seen before the last one, and how many
  /// tokens that were. As long as the longest sequence; a position that never occurred has count 0 and loss 0.
  std::vector<double> loss_by_position;
  std::vector<std::int64_t> tokens_by_position;

  /// Adds the losses of the tokens of packed sequences; finish() makes means of the sums.
  void add(const Segments& segments, const Tensor& token_losses);
  void finish();

  double perplexity() const;
  /// Loss in bits for each byte of text, whatever the tokenizer; 0 if the tokens stand for no text.
  double bits_per_byte() const;
  double tokens_per_second() const { return seconds > 0 ? static_cast<double>(tokens) / seconds : 0.0; }
};

struct EvaluationOptions {
  std::int64_t context = 256;  // tokens of a window; the windows lie end to end
  std::int64_t batch = 8;      // windows of a forward pass
  std::int64_t tokens = 0;     // stop after at least so many predicted tokens; 0: all
  /// Called after each batch: tokens predicted so far, tokens in all.
  std::function<void(std::int64_t, std::int64_t)> progress = {};
};

/// Predicts every token of `text` but the first, each within its window. Nothing is recorded for gradients. Errors:
/// fewer than two tokens; context or batch below 1; tokens negative; a token outside the model's vocabulary.
Evaluation evaluate(const LanguageModel& model, const TokenView& text, const EvaluationOptions& options = {});

}  // namespace sequent
