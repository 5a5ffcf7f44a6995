#include "sequent/models/published_weights.h"

#include <nlohmann/json.hpp>

#include "sequent/base/files.h"
#include "sequent/checkpoint/safetensors.h"
#include "sequent/models/names.h"

namespace sequent {
namespace {

Shape published_shape(const Shape& shape, NameRule::Layout layout) {
  return layout == NameRule::Layout::depthwise ? Shape{shape[0], 1, shape[1]} : shape;
}

void write_json(const std::filesystem::path& path, const nlohmann::json& json) {
  write_file_atomically(path.string(), json.dump(2) + "\n");
}

}  // namespace

Tensor PublishedWeights::make(const std::string& name, const Shape& shape, const Initializer&) {
  const std::vector<PublishedName> names = published_names(names_, name);
  const PublishedName* chosen = &names.front();
  for (const PublishedName& candidate : names) {
    if (weights_.contains(candidate.name)) {
      chosen = &candidate;
      break;
    }
  }
  const Tensor tensor = weights_.float_tensor(chosen->name);
  expect_shape("load", chosen->name, tensor, published_shape(shape, chosen->layout));
  return tensor.reshape(shape);
}

void PublishedWeights::expect_all_taken(std::span<const std::string_view> ours,
                                        std::span<const std::string_view> derived) const {
  std::vector<std::string> ignorable(derived.begin(), derived.end());
  for (const std::string_view parameter : ours) {
    for (const PublishedName& name : published_names(names_, parameter)) ignorable.push_back(name.name);
  }
  weights_.expect_all_taken(ignorable);
}

void write_model_files(const std::filesystem::path& directory, const nlohmann::json& config,
                       const nlohmann::json& generation, std::span<const NameRule> names,
                       const Parameters& parameters) {
  write_json(directory / "config.json", config);
  write_json(directory / "generation_config.json", generation);
  std::vector<NamedTensor> tensors;
  for (const Parameter& parameter : parameters.all()) {
    const PublishedName name = published_names(names, parameter.name).front();
    tensors.push_back({name.name, parameter.var.value().reshape(published_shape(parameter.var.shape(), name.layout))});
  }
  save_safetensors((directory / "model.safetensors").string(), tensors);
}

}  // namespace sequent
