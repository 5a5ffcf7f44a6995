#include "sequent/models/published_weights.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/shown_name.h"
#include "sequent/checkpoint/pytorch_writer.h"
#include "sequent/checkpoint/safetensors.h"
#include "sequent/models/json_fields.h"
#include "sequent/models/published_pieces.h"

namespace sequent {
namespace {

constexpr auto kNumbered = NameRule::Layout::numbered;

std::string numbered_name(const std::string& name, std::int64_t number) {
  return name + "." + std::to_string(number);
}

bool is_there(const WeightSource& weights, const PublishedName& name) {
  return weights.contains(name.layout == kNumbered ? numbered_name(name.name, 0) : name.name);
}

Shape shape_of_row(const Shape& shape) {
  return Shape(shape.sizes().subspan(1));
}

void write_json(const std::filesystem::path& path, nlohmann::json json) {
  shorten_floats(json);
  write_file_atomically(path.string(), json.dump(2) + "\n");
}

}  // namespace

std::vector<PublishedName> PublishedWeights::names_of(std::string_view ours) const {
  std::vector<PublishedName> names = published_names(names_, ours);
  for (PublishedName& name : names) name.name.insert(0, prefix_);
  return names;
}

// Cut first, so that of a tensor that many share each converts its own.
Tensor PublishedWeights::piece_of(const PublishedName& name, const Shape& shape) {
  const Tensor piece = cut_piece(weights_.stored_tensor(name.name), name, shape);
  elements_used_[name.name] += piece.elements();
  return piece;
}

Tensor PublishedWeights::stored(const std::string& name, const Shape& shape) {
  const std::vector<PublishedName> names = names_of(name);
  const PublishedName* chosen = &names.front();
  for (const PublishedName& candidate : names) {
    if (is_there(weights_, candidate)) {
      chosen = &candidate;
      break;
    }
  }
  if (chosen->layout == kNumbered) {
    const Tensor whole = Tensor::empty(shape);
    for (std::int64_t i = 0; i < shape[0]; ++i) {
      const std::string row = numbered_name(chosen->name, i);
      whole.slice(i, i + 1).copy_from(to_float(piece_of({row}, shape_of_row(shape)), row));
    }
    return whole;
  }
  return piece_of(*chosen, shape);
}

Tensor PublishedWeights::make(const std::string& name, const Shape& shape, const Initializer&) {
  return to_float(stored(name, shape), name);
}

Tensor PublishedWeights::make_matrix(const std::string& name, const Shape& shape, const Initializer&) {
  return stored(name, shape);
}

void PublishedWeights::expect_all_taken(std::span<const std::string_view> ours,
                                        std::span<const std::string_view> derived) const {
  std::vector<std::string> ignorable(derived.begin(), derived.end());
  for (const std::string_view parameter : ours) {
    for (const PublishedName& name : names_of(parameter)) ignorable.push_back(name.name);
  }
  weights_.expect_all_taken(ignorable);
  for (const auto& [name, elements] : elements_used_) {
    check(elements == weights_.shape(name).elements(), "load: {} of {} holds more than the model uses: {} of {} values",
          shown_name(name), weights_.path(), elements, weights_.shape(name).elements());
  }
}

std::vector<NamedTensor> published_tensors(std::span<const NameRule> names, std::span<const Parameter> parameters) {
  std::vector<PublishedPiece> pieces;
  for (const Parameter& parameter : parameters) {
    PublishedName name = published_names(names, parameter.name).front();
    const Tensor& value = parameter.var.value();
    if (name.layout != kNumbered) {
      pieces.push_back({std::move(name), value});
      continue;
    }
    for (std::int64_t i = 0; i < value.size(0); ++i) {
      PublishedName row = {numbered_name(name.name, i)};
      pieces.push_back({std::move(row), value.slice(i, i + 1).reshape(shape_of_row(value.shape()))});
    }
  }
  return join_pieces(std::move(pieces));
}

void write_model_files(const std::filesystem::path& directory, const nlohmann::json& config,
                       const nlohmann::json& generation, std::span<const NamedTensor> tensors, bool as_pytorch) {
  write_json(directory / "config.json", config);
  write_json(directory / "generation_config.json", generation);
  if (as_pytorch) {
    save_pytorch((directory / "pytorch_model.bin").string(), tensors);
  } else {
    save_safetensors((directory / "model.safetensors").string(), tensors);
  }
}

}  // namespace sequent
