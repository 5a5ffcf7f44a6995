#include "sequent/train/training_data.h"

#include <filesystem>
#include <string>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/models/model_directory.h"
#include "sequent/text/corpus.h"

namespace sequent {

Tokenizer tokenizer_of(const TrainConfig& config) {
  if (!config.init_from.empty()) return Tokenizer::load(find_model_directory(config.init_from));
  return config.tokenizer == "byte" ? Tokenizer::bytes() : Tokenizer::load(config.tokenizer);
}

TrainingData open_training_data(const TrainConfig& config, const Tokenizer& tokenizer) {
  const std::vector<std::filesystem::path> paths(config.data.begin(), config.data.end());
  const std::string cache = config.cache.empty() ? config.out + "/cache" : config.cache;
  const auto [training, held_out] = TokenDataset::open(Corpus(paths), tokenizer, cache).split(config.held_out);
  return {tokenizer, training, held_out};
}

void check_vocabulary(const Tokenizer& tokenizer, std::int64_t vocabulary) {
  check(vocabulary >= tokenizer.vocabulary_size(), "the tokenizer has {} tokens but the model's vocabulary only {}",
        tokenizer.vocabulary_size(), vocabulary);
}

}  // namespace sequent
