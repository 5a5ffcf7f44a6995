#include "sequent/models/encoder_decoder_directory.h"

#include <array>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/json.h"
#include "sequent/checkpoint/manifest.h"
#include "sequent/models/json_fields.h"
#include "sequent/models/published_weights.h"

namespace sequent {
namespace {

nlohmann::json config_of(const std::filesystem::path& directory) {
  return read_json_object((directory / "config.json").string());
}

}  // namespace

bool holds_encoder_decoder(const std::filesystem::path& directory) {
  if (std::filesystem::is_regular_file(directory)) return false;
  const auto type = field_or<std::string>(config_of(directory), "model_type", "");
  return find_encoder_decoder_family_of(type) != nullptr;
}

EncoderDecoderDescription read_encoder_decoder_description(const std::filesystem::path& directory) {
  const nlohmann::json json = config_of(directory);
  const auto type = field<std::string>(json, "model_type");
  const EncoderDecoderFamily* family = find_encoder_decoder_family_of(type);
  check(family != nullptr, "model: {} holds no encoder-decoder but a model of type {}", directory.string(), type);
  return {family, family->read(json)};
}

LoadedEncoderDecoder load_encoder_decoder(const std::filesystem::path& directory) {
  if (std::filesystem::exists(directory / kManifestName)) verify_manifest(directory.string());
  const EncoderDecoderDescription description = read_encoder_decoder_description(directory);
  WeightSource weights = WeightSource::open(directory.string());
  PublishedWeights source(description.family->names(description.config), weights);
  auto model = std::make_unique<EncoderDecoder>(description.config, source);
  // The shared embedding is sometimes saved once more for each that shares it.
  std::vector<std::string_view> shared = {"embedding.weight"};
  if (description.config.tied) shared.emplace_back("projection.weight");
  source.expect_all_taken(shared);
  return {description.family, std::move(model)};
}

void save_encoder_decoder(const std::filesystem::path& directory, const EncoderDecoderFamily& family,
                          const EncoderDecoder& model) {
  const EncoderDecoderConfig& config = model.config();
  const nlohmann::json generation = {{"_from_model_config", true},
                                     {"decoder_start_token_id", config.start_token},
                                     {"eos_token_id", config.end_of_text},
                                     {"pad_token_id", config.padding}};
  write_model_files(directory, family.write(config), generation,
                    published_tensors(family.names(config), model.parameters().all()));
}

}  // namespace sequent
