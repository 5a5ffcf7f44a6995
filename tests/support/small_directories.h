// Small models with their tokenizer on disk, for tests of what opens models.
#pragma once

#include <filesystem>
#include <string>

#include "sequent/models/model_directory.h"
#include "sequent/text/tokenizer.h"
#include "tests/support/small_models.h"

namespace sequent::test {

inline LoadedModel small_loaded_model(const std::string& architecture, std::uint64_t seed = 1) {
  auto model = small_model(architecture, seed);
  return {&layout_for(model->config()), std::move(model)};
}

inline void write_small_model(const std::filesystem::path& directory, const std::string& architecture,
                              std::uint64_t seed = 1) {
  const LoadedModel model = small_loaded_model(architecture, seed);
  std::filesystem::create_directories(directory);
  save_model(directory, *model.model);
  Tokenizer::bytes().save(directory);
}

}  // namespace sequent::test
