// Small fresh models of every architecture, for properties that must hold for all.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sequent/models/architecture.h"
#include "sequent/models/language_model.h"

namespace sequent::test {

inline std::unique_ptr<LanguageModel> small_model(const std::string& architecture, std::uint64_t seed = 1) {
  const auto source = fresh_parameters(seed);
  return std::make_unique<LanguageModel>(
      new_model_config(architecture, {.layers = 2, .width = 32, .vocabulary = 257, .end_of_text = 256}), *source);
}

inline std::vector<std::string> architecture_names() {
  std::vector<std::string> names;
  for (const Architecture& entry : architectures()) names.emplace_back(entry.name);
  return names;
}

inline std::vector<std::int32_t> some_ids(std::int64_t count) {
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < count; ++i) ids.push_back(static_cast<std::int32_t>((i * i * 7 + 13 * i) % 256));
  return ids;
}

}  // namespace sequent::test
