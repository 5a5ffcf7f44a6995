#include "sequent/models/vjepa_directory.h"

#include <map>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/json.h"
#include "sequent/checkpoint/manifest.h"
#include "sequent/checkpoint/pytorch_writer.h"
#include "sequent/models/json_fields.h"
#include "sequent/models/published_weights.h"
#include "sequent/models/vjepa_published.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kProbeType = "vjepa-probe";
constexpr std::string_view kTarget = "target_";

// Of a file that has one encoder: the target encoder is the encoder.
class OneEncoder : public ParameterSource {
 public:
  explicit OneEncoder(ParameterSource& source) : source_(source) {}
  Tensor make(const std::string& name, const Shape& shape, const Initializer& initializer) override {
    return source_.make(name.starts_with(kTarget) ? name.substr(kTarget.size()) : name, shape, initializer);
  }

 private:
  ParameterSource& source_;
};

fs::path config_of(const fs::path& path) {
  return fs::is_directory(path) ? path / "config.json" : path.parent_path() / "config.json";
}

// What stands before every name.
std::string_view prefix_of(const VJepaLayout& layout, const WeightSource& weights) {
  for (const std::string& name : weights.names()) {
    if (!layout.prefix_in_classifier.empty() && name.starts_with(layout.prefix_in_classifier)) {
      return layout.prefix_in_classifier;
    }
  }
  return {};
}

std::vector<std::string> derived(const VJepaLayout& layout, std::initializer_list<const char*> more) {
  std::vector<std::string> names(layout.derived.begin(), layout.derived.end());
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

void verify(const fs::path& path) {
  if (fs::exists(path / kManifestName)) verify_manifest(path.string());
}

void write_files(const fs::path& directory, Json config, std::span<const NamedTensor> tensors) {
  shorten_floats(config);
  write_file_atomically((directory / "config.json").string(), config.dump(2) + "\n");
  save_safetensors((directory / "model.safetensors").string(), tensors);
}

// Of a layout with one encoder, the target encoder is that.
std::vector<NamedTensor> tensors_of(const VJepa& model, const VJepaLayout& layout) {
  std::vector<Parameter> parameters;
  for (const Parameter& parameter : model.parameters().all()) {
    if (!layout.one_encoder || parameter.name.starts_with("predictor.")) parameters.push_back(parameter);
  }
  for (Parameter parameter : model.target_parameters().all()) {
    if (layout.one_encoder) parameter.name = parameter.name.substr(kTarget.size());
    parameters.push_back(parameter);
  }
  return published_tensors(layout.names, parameters);
}

}  // namespace

bool holds_vjepa(const fs::path& path) {
  if (!fs::is_directory(path)) return fs::is_regular_file(path);
  const fs::path config = config_of(path);
  if (!fs::exists(config)) return false;
  return find_vjepa_layout(field_or<std::string>(read_json_object(config.string()), "model_type", "")) != nullptr;
}

VJepaDescription read_vjepa_description(const fs::path& path) {
  check(fs::exists(path), "model: {} does not exist", path.string());
  const fs::path file = config_of(path);
  if (!fs::is_directory(path) && !fs::exists(file)) {
    return {&kVJepa, config_of_published_tensors(WeightSource::open(path.string()))};
  }
  const Json json = read_json_object(file.string());
  const auto type = field<std::string>(json, "model_type");
  const VJepaLayout* layout = find_vjepa_layout(type);
  check(layout != nullptr, "model: {} holds no model of video but one of type {}", path.string(), type);
  VJepaDescription description = {layout, layout->read(json)};
  description.config.encoder.validate();
  return description;
}

std::unique_ptr<VJepa> load_vjepa(const fs::path& path) {
  verify(path);
  const auto [layout, config] = read_vjepa_description(path);
  WeightSource weights = WeightSource::open(path.string());
  PublishedWeights source(layout->names, weights, prefix_of(*layout, weights));
  OneEncoder one(source);
  auto model = std::make_unique<VJepa>(config, layout->one_encoder ? static_cast<ParameterSource&>(one) : source);
  weights.expect_all_taken(derived(*layout, {"pooler.*", "classifier.*"}));
  return model;
}

std::unique_ptr<VideoEncoder> load_video_encoder(const fs::path& path, EncoderChoice choice) {
  verify(path);
  const auto [layout, config] = read_vjepa_description(path);
  WeightSource weights = WeightSource::open(path.string());
  const std::string_view prefix = prefix_of(*layout, weights);
  const bool both = !layout->one_encoder && weights.contains("target_encoder.module.backbone.norm.weight");
  const bool target = both && choice == EncoderChoice::target;
  PublishedWeights source(layout->names, weights, prefix);
  auto encoder = std::make_unique<VideoEncoder>(config.encoder, source, target ? "target_encoder" : "encoder");
  const std::string predictor = std::string(prefix) + "predictor.*";
  weights.expect_all_taken(
      derived(*layout, {"pooler.*", "classifier.*", predictor.c_str(), target ? "encoder.*" : "target_encoder.*"}));
  return encoder;
}

void save_vjepa(const fs::path& directory, const VJepa& model, const VJepaLayout& layout) {
  write_files(directory, layout.write(model.config()), tensors_of(model, layout));
}

void save_vjepa2_classifier(const fs::path& directory, const VJepa& model, const VideoProbe& probe) {
  const Json config = write_vjepa2_classifier(model.config(), probe.config());
  std::vector<NamedTensor> tensors = tensors_of(model, kVJepa2);
  for (NamedTensor& each : tensors) each.name = std::string(kVJepa2.prefix_in_classifier) + each.name;
  for (NamedTensor& each : published_tensors(kVJepa2.probe_names, probe.parameters().all())) {
    tensors.push_back(std::move(each));
  }
  write_files(directory, config, tensors);
}

bool holds_video_classifier(const fs::path& path) {
  return holds_vjepa(path) && read_vjepa_description(path).layout == &kVJepa2 &&
         WeightSource::open(path.string()).contains("pooler.query_tokens");
}

void save_vjepa_checkpoint(const fs::path& file, const VJepa& model) {
  std::vector<Parameter> parameters(model.parameters().all().begin(), model.parameters().all().end());
  for (const Parameter& parameter : model.target_parameters().all()) parameters.push_back(parameter);
  // "encoder.module.backbone.norm.weight" is "module.backbone.norm.weight" in the dictionary "encoder".
  std::map<std::string, std::vector<NamedTensor>> parts;
  for (NamedTensor& each : published_tensors(kVJepa.names, parameters)) {
    const std::size_t dot = each.name.find('.');
    parts[each.name.substr(0, dot)].push_back({each.name.substr(dot + 1), each.tensor});
  }
  std::vector<PyTorchGroup> groups;
  for (const auto& [key, tensors] : parts) groups.push_back({key, tensors});
  save_pytorch(file.string(), groups);
}

std::unique_ptr<VideoProbe> load_video_probe(const fs::path& path, const VisionTransformerConfig& encoder) {
  verify(path);
  WeightSource weights = WeightSource::open(path.string());
  VideoProbeConfig config;
  const VJepaLayout* layout = &kVJepa;
  if (fs::is_directory(path)) {
    const Json json = read_json_object(config_of(path).string());
    const auto type = field<std::string>(json, "model_type");
    if (type == kVJepa2.model_type) {
      layout = &kVJepa2;
      config = read_vjepa2_probe(json);
    } else {
      check(type == kProbeType, "model: {} holds no probe but a model of type {}", path.string(), type);
      read_fields(field<Json>(json, "probe"), config.fields());
      read_fields(field<Json>(json, "blocks"), config.blocks.fields());
    }
  } else {
    config = probe_of_published_tensors(weights, encoder);
  }
  check(config.blocks.width == encoder.blocks.width, "model: the probe in {} is for width {}, the encoder has {}",
        path.string(), config.blocks.width, encoder.blocks.width);
  PublishedWeights source(layout->probe_names, weights);
  auto probe = std::make_unique<VideoProbe>(config, source);
  const std::string model = std::string(layout->prefix_in_classifier) + "*";
  weights.expect_all_taken(derived(*layout, {layout->prefix_in_classifier.empty() ? "opt.*" : model.c_str()}));
  return probe;
}

void save_video_probe(const fs::path& directory, const VideoProbe& probe) {
  VideoProbeConfig config = probe.config();
  const Json json = {
      {"model_type", kProbeType}, {"probe", json_of(config.fields())}, {"blocks", json_of(config.blocks.fields())}};
  write_files(directory, json, published_tensors(kVJepa.probe_names, probe.parameters().all()));
}

}  // namespace sequent
