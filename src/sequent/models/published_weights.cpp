#include "sequent/models/published_weights.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/checkpoint/safetensors.h"

namespace sequent {
namespace {

constexpr auto kNumbered = NameRule::Layout::numbered;

Shape published_shape(const Shape& shape, const NameRule& rule) {
  if (rule.layout == NameRule::Layout::depthwise) return {shape[0], 1, shape[1]};
  std::vector<std::int64_t> sizes(shape.sizes().begin(), shape.sizes().end());
  sizes[0] *= rule.parts;
  return Shape(std::span<const std::int64_t>(sizes));
}

std::string numbered_name(const std::string& name, std::int64_t number) {
  return name + "." + std::to_string(number);
}

bool is_there(const WeightSource& weights, const PublishedName& name) {
  return weights.contains(name.rule.layout == kNumbered ? numbered_name(name.name, 0) : name.name);
}

// A tensor of as many equal parts along its first axis.
Tensor stacked(std::span<const Tensor> parts, const Shape& shape) {
  const Tensor whole = Tensor::empty(shape);
  const std::int64_t rows = shape[0] / static_cast<std::int64_t>(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::int64_t begin = static_cast<std::int64_t>(i) * rows;
    whole.slice(begin, begin + rows).copy_from(parts[i]);
  }
  return whole;
}

Shape shape_of_row(const Shape& shape) {
  return Shape(shape.sizes().subspan(1));
}

void write_json(const std::filesystem::path& path, const nlohmann::json& json) {
  write_file_atomically(path.string(), json.dump(2) + "\n");
}

}  // namespace

std::vector<PublishedName> PublishedWeights::names_of(std::string_view ours) const {
  std::vector<PublishedName> names = published_names(names_, ours);
  for (PublishedName& name : names) name.name.insert(0, prefix_);
  return names;
}

Tensor PublishedWeights::make(const std::string& name, const Shape& shape, const Initializer&) {
  const std::vector<PublishedName> names = names_of(name);
  const PublishedName* chosen = &names.front();
  for (const PublishedName& candidate : names) {
    if (is_there(weights_, candidate)) {
      chosen = &candidate;
      break;
    }
  }
  const auto [published, rule] = *chosen;
  if (rule.layout == kNumbered) {
    std::vector<Tensor> rows;
    for (std::int64_t i = 0; i < shape[0]; ++i) {
      rows.push_back(weights_.float_tensor(numbered_name(published, i)));
      expect_shape("load", numbered_name(published, i), rows.back(), shape_of_row(shape));
    }
    return stacked(rows, shape);
  }
  const Tensor tensor = weights_.float_tensor(published);
  expect_shape("load", published, tensor, published_shape(shape, rule));
  if (rule.parts > 1) return tensor.slice(rule.part * shape[0], (rule.part + 1) * shape[0]);
  return tensor.reshape(shape);
}

void PublishedWeights::expect_all_taken(std::span<const std::string_view> ours,
                                        std::span<const std::string_view> derived) const {
  std::vector<std::string> ignorable(derived.begin(), derived.end());
  for (const std::string_view parameter : ours) {
    for (const PublishedName& name : names_of(parameter)) ignorable.push_back(name.name);
  }
  weights_.expect_all_taken(ignorable);
}

std::vector<NamedTensor> published_tensors(std::span<const NameRule> names, std::span<const Parameter> parameters) {
  std::vector<NamedTensor> tensors;
  std::map<std::string, std::vector<Tensor>> parts;  // of those that are not complete yet
  for (const Parameter& parameter : parameters) {
    const auto [name, rule] = published_names(names, parameter.name).front();
    const Tensor& value = parameter.var.value();
    if (rule.layout == kNumbered) {
      for (std::int64_t i = 0; i < value.size(0); ++i) {
        tensors.push_back({numbered_name(name, i), value.slice(i, i + 1).reshape(shape_of_row(value.shape()))});
      }
    } else if (rule.parts > 1) {
      std::vector<Tensor>& known = parts[name];
      known.resize(rule.parts);
      known[rule.part] = value;
      if (std::ranges::all_of(known, [](const Tensor& part) { return part.defined(); })) {
        tensors.push_back({name, stacked(known, published_shape(value.shape(), rule))});
        parts.erase(name);
      }
    } else {
      tensors.push_back({name, value.reshape(published_shape(value.shape(), rule))});
    }
  }
  check(parts.empty(), "save: not all parts of {} are there", parts.empty() ? "" : parts.begin()->first);
  return tensors;
}

void write_model_files(const std::filesystem::path& directory, const nlohmann::json& config,
                       const nlohmann::json& generation, std::span<const NameRule> names,
                       const Parameters& parameters) {
  write_json(directory / "config.json", config);
  write_json(directory / "generation_config.json", generation);
  save_safetensors((directory / "model.safetensors").string(), published_tensors(names, parameters.all()));
}

}  // namespace sequent
