// Weights under their published names, in and out of files. Private to this room.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "sequent/checkpoint/safetensors.h"
#include "sequent/checkpoint/weights.h"
#include "sequent/models/layout.h"
#include "sequent/models/names.h"
#include "sequent/nn/parameters.h"

namespace sequent {

/// Parameters from files, each from the first of its published names that is there, with `prefix` before it. What it is
/// made from must outlive this.
class PublishedWeights : public ParameterSource {
 public:
  PublishedWeights(std::span<const NameRule> names, WeightSource& weights, std::string_view prefix = {})
      : names_(names), weights_(weights), prefix_(prefix) {}
  Tensor make(const std::string& name, const Shape& shape, const Initializer& initializer) override;
  Tensor make_matrix(const std::string& name, const Shape& shape, const Initializer& initializer) override;

  /// Throws if a tensor of the files was not asked for, or only pieces of it were, but for those published as one of
  /// `ours` and those of the names `derived` (see Layout).
  void expect_all_taken(std::span<const std::string_view> ours, std::span<const std::string_view> derived = {}) const;

 private:
  std::vector<PublishedName> names_of(std::string_view ours) const;
  /// These are in the type that the files have.
  Tensor piece_of(const PublishedName& name, const Shape& shape);
  Tensor stored(const std::string& name, const Shape& shape);

  std::span<const NameRule> names_;
  WeightSource& weights_;
  std::string_view prefix_;
  std::map<std::string, std::int64_t> elements_used_;  // of each published tensor
};

/// Parameters under the published names that are written.
std::vector<NamedTensor> published_tensors(std::span<const NameRule> names, std::span<const Parameter> parameters);

/// Writes config.json, generation_config.json and the tensors: as model.safetensors, or as pytorch_model.bin.
void write_model_files(const std::filesystem::path& directory, const nlohmann::json& config,
                       const nlohmann::json& generation, std::span<const NamedTensor> tensors, bool as_pytorch = false);

}  // namespace sequent
