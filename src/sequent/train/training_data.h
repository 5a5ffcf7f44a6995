// The text that a run trains on and is validated with.
#pragma once

#include "sequent/text/dataset.h"
#include "sequent/text/tokenizer.h"
#include "sequent/train/config.h"

namespace sequent {

/// The tokenizer that the settings ask for: that of the model to start from, or another.
Tokenizer tokenizer_of(const TrainConfig& config);

struct TrainingData {
  Tokenizer tokenizer;
  TokenView training;
  TokenView held_out;
};

/// Tokenises the text, or opens it where that has been done.
TrainingData open_training_data(const TrainConfig& config, const Tokenizer& tokenizer);

/// Throws if the tokenizer has more tokens than the model.
void check_vocabulary(const Tokenizer& tokenizer, std::int64_t vocabulary);

}  // namespace sequent
