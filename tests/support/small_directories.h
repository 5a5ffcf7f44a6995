// Small models with their tokenizer on disk, for tests of what opens models.
#pragma once

#include <filesystem>
#include <string>

#include "sequent/models/model_directory.h"
#include "sequent/text/tokenizer.h"
#include "tests/support/small_models.h"

namespace sequent::test {

inline LoadedModel small_loaded_model(const std::string& family_name, std::uint64_t seed = 1) {
  return {&family(family_name), small_model(family_name, seed)};
}

inline void write_small_model(const std::filesystem::path& directory, const std::string& family_name,
                              std::uint64_t seed = 1) {
  const LoadedModel model = small_loaded_model(family_name, seed);
  std::filesystem::create_directories(directory);
  save_model(directory, *model.family, *model.model);
  Tokenizer::bytes().save(directory);
}

}  // namespace sequent::test
