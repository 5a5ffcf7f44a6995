#include "sequent/models/model_directory.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/json.h"
#include "sequent/checkpoint/manifest.h"
#include "sequent/checkpoint/weights.h"
#include "sequent/models/encoder_decoder_family.h"
#include "sequent/models/gguf_layout.h"
#include "sequent/models/gguf_model.h"
#include "sequent/models/json_fields.h"
#include "sequent/models/names.h"
#include "sequent/models/published_weights.h"
#include "sequent/nn/stored_values.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

// The vocabulary of a model whose configuration leaves it open.
std::int64_t rows_of_embedding(const Layout& layout, const fs::path& directory) {
  const WeightSource weights = WeightSource::open(directory.string());
  for (const PublishedName& name : published_names(layout.names, "embedding.weight")) {
    if (weights.contains(name.name)) return weights.shape(name.name)[0];
  }
  return 0;
}

}  // namespace

fs::path find_model_directory(const fs::path& path) {
  check(fs::exists(path), "model: {} does not exist", path.string());
  if (holds_gguf(path)) return path;
  for (const char* place : {"", "best", "latest"}) {
    if (fs::exists(path / place / "config.json")) return path / place;
  }
  fail("model: {} holds no config.json, and is no run directory with a checkpoint", path.string());
}

ModelDescription read_model_description(const fs::path& directory) {
  if (holds_gguf(directory)) {
    LanguageModelConfig config = read_gguf_description(directory);
    const Layout& layout = layout_for(config);
    return {&layout, std::move(config)};
  }
  ModelDescription description = read_config_file(directory / "config.json");
  if (description.config.vocabulary == 0) {
    description.config.vocabulary = rows_of_embedding(*description.layout, directory);
  }
  return description;
}

ModelDescription read_config_file(const fs::path& file) {
  const nlohmann::json json = read_json_object(file.string());
  const auto type = field_or<std::string>(json, "model_type", "");
  check(!find_encoder_decoder_family_of(type), "model: {} holds an encoder-decoder ({}), not a language model",
        file.parent_path().string(), type);
  const Layout& layout = layout_of_config(json);
  return {&layout, layout.read(json)};
}

LoadedModel load_model(const fs::path& directory) {
  if (holds_gguf(directory)) {
    std::unique_ptr<LanguageModel> model = load_gguf_model(directory);
    const Layout& layout = layout_for(model->config());
    return {&layout, std::move(model)};
  }
  // Checkpoints of a run say what they were; a flipped bit among the weights would show in no other way.
  if (fs::exists(directory / kManifestName)) verify_manifest(directory.string());
  const ModelDescription description = read_model_description(directory);
  WeightSource weights = WeightSource::open(directory.string());
  PublishedWeights source(description.layout->names, weights);
  auto model = std::make_unique<LanguageModel>(description.config, source);
  // A tied projection is sometimes saved all the same.
  const std::vector<std::string_view> tied = {"projection.weight"};
  source.expect_all_taken(description.config.tied ? tied : std::vector<std::string_view>(),
                          description.layout->derived);
  return {description.layout, std::move(model)};
}

void save_model(const fs::path& directory, const LanguageModel& model) {
  save_model(directory, model, layout_for(model.config()));
}

void save_model(const fs::path& directory, const LanguageModel& model, const Layout& layout, DType dtype) {
  nlohmann::json generation = {{"_from_model_config", true}};
  if (model.config().end_of_text >= 0) {
    generation["bos_token_id"] = generation["eos_token_id"] = generation["pad_token_id"] = model.config().end_of_text;
  }
  std::vector<Parameter> parameters(model.parameters().all().begin(), model.parameters().all().end());
  if (layout.repeats_tied && model.config().tied) parameters.push_back({"projection.weight", model.projection(), true});
  for (Parameter& parameter : parameters) {
    const DType type = stays_float(parameter.name, parameter.var.shape()) ? DType::f32 : dtype;
    parameter.var = Var(to_stored(parameter.var.value(), type, parameter.name));
  }
  nlohmann::json config = layout.write(model.config());
  if (dtype != DType::f32) config["torch_dtype"] = dtype == DType::bf16 ? "bfloat16" : "float16";
  write_model_files(directory, config, generation, published_tensors(layout.names, parameters), layout.as_pytorch);
}

}  // namespace sequent
