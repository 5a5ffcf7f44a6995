// Switch Transformers as SwitchTransformersForConditionalGeneration: T5 with layers of experts in every other block
// (Fedus, Zoph and Shazeer, "Switch Transformers", 2021).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/models/encoder_decoder_family.h"
#include "sequent/models/json_fields.h"
#include "sequent/models/t5.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr const char* kSparse = "moe";

constexpr std::array<NameRule, 12> kNames = {{
    {"encoder.layers.{}.channel_mixer.up_proj.weight", "encoder.block.{}.layer.1.mlp.wi.weight"},
    {"encoder.layers.{}.channel_mixer.down_proj.weight", "encoder.block.{}.layer.1.mlp.wo.weight"},
    {"encoder.layers.{}.channel_mixer.router.weight", "encoder.block.{}.layer.1.mlp.router.classifier.weight"},
    {"encoder.layers.{}.channel_mixer.router.bias", "encoder.block.{}.layer.1.mlp.router.classifier.bias"},
    {"encoder.layers.{}.channel_mixer.experts.{}.up_proj.weight",
     "encoder.block.{}.layer.1.mlp.experts.expert_{}.wi.weight"},
    {"encoder.layers.{}.channel_mixer.experts.{}.down_proj.weight",
     "encoder.block.{}.layer.1.mlp.experts.expert_{}.wo.weight"},
    {"decoder.layers.{}.channel_mixer.up_proj.weight", "decoder.block.{}.layer.2.mlp.wi.weight"},
    {"decoder.layers.{}.channel_mixer.down_proj.weight", "decoder.block.{}.layer.2.mlp.wo.weight"},
    {"decoder.layers.{}.channel_mixer.router.weight", "decoder.block.{}.layer.2.mlp.router.classifier.weight"},
    {"decoder.layers.{}.channel_mixer.router.bias", "decoder.block.{}.layer.2.mlp.router.classifier.bias"},
    {"decoder.layers.{}.channel_mixer.experts.{}.up_proj.weight",
     "decoder.block.{}.layer.2.mlp.experts.expert_{}.wi.weight"},
    {"decoder.layers.{}.channel_mixer.experts.{}.down_proj.weight",
     "decoder.block.{}.layer.2.mlp.experts.expert_{}.wo.weight"},
}};

// What becomes of tokens whose expert is full, and what else training needs: keys of our own. The published files know
// one way only. A negative factor is no limit.
constexpr const char* kOverflowKey = "router_overflow";
constexpr const char* kCapacityKey = "router_capacity_factor";
constexpr const char* kEvalCapacityKey = "router_eval_capacity_factor";
constexpr const char* kDropoutKey = "expert_dropout";

Overflow overflow_of(const std::string& name) {
  const auto found = std::find(kOverflowNames.begin(), kOverflowNames.end(), name);
  check(found != kOverflowNames.end(), "config.json: {} must be one of {}, got '{}'", kOverflowKey,
        fmt::join(kOverflowNames, ", "), name);
  return static_cast<Overflow>(found - kOverflowNames.begin());
}

// The step between sparse blocks of a stack of `layers` blocks of which `sparse` are.
std::int64_t sparse_step(std::int64_t layers, std::int64_t sparse) {
  return sparse > 0 ? layers / sparse : layers;
}

// Which blocks of a stack are sparse: i with i mod step = 1, or every one.
std::vector<std::string> stack(std::int64_t layers, std::int64_t step, const std::string& dense) {
  std::vector<std::string> mixers;
  for (std::int64_t i = 0; i < layers; ++i)
    mixers.push_back(step == 1 || (step > 0 && i % step == 1) ? kSparse : dense);
  return mixers;
}

std::int64_t sparse_blocks(const std::vector<std::string>& mixers) {
  return std::count(mixers.begin(), mixers.end(), kSparse);
}

// A stack can be written down by its number of sparse blocks alone if reading that makes the same stack.
void check_writable(const std::vector<std::string>& mixers) {
  const auto layers = static_cast<std::int64_t>(mixers.size());
  check(stack(layers, sparse_step(layers, sparse_blocks(mixers)), "mlp") == mixers,
        "switch_transformers: {} sparse blocks of {} cannot be where this model has them", sparse_blocks(mixers),
        layers);
}

EncoderDecoderConfig preset(const Dimensions& d) {
  EncoderDecoderConfig config = t5_preset(d);
  const auto layers = static_cast<std::int64_t>(config.encoder.size());
  config.encoder = config.decoder = stack(layers, std::min<std::int64_t>(layers, 2), "mlp");
  config.channel_mixer.mixture = switch_mixture();
  size_mixture(config.channel_mixer.mixture, d);
  return config;
}

EncoderDecoderConfig read(const Json& json) {
  std::string dense;
  EncoderDecoderConfig config = t5_read(json, dense);
  check(dense == "mlp", "config.json: the feed-forward of switch_transformers must not be gated");
  const T5Layers layers = t5_layers(json);
  const auto step_of = [&](const char* key, std::int64_t count) {
    return sparse_step(count, field_or<std::int64_t>(json, key, 3));
  };
  config.encoder = stack(layers.encoder, step_of("num_sparse_encoder_layers", layers.encoder), dense);
  config.decoder = stack(layers.decoder, step_of("num_sparse_decoder_layers", layers.decoder), dense);
  MixtureConfig& mixture = config.channel_mixer.mixture;
  mixture = switch_mixture();
  mixture.experts = field_or<std::int64_t>(json, "num_experts", 8);
  const auto chosen = field_or<std::int64_t>(json, "num_selected_experts", 1);
  check(chosen == 1, "config.json: num_selected_experts must be 1, got {}", chosen);
  mixture.router_bias = field_or(json, "router_bias", false);
  mixture.jitter = field_or(json, "router_jitter_noise", 0.01f);
  mixture.expert_dropout = field_or(json, kDropoutKey, 0.0f);
  mixture.z_loss = field_or(json, "router_z_loss_coef", 0.001f);
  mixture.balance_loss = field_or(json, "router_aux_loss_coef", 0.001f);
  mixture.sequence_capacity = field_or<std::int64_t>(json, "expert_capacity", 64);
  mixture.overflow = overflow_of(field_or<std::string>(json, kOverflowKey, "hf_v4"));
  if (mixture.overflow != Overflow::paper) mixture.auxiliary_form = AuxiliaryForm::pooled_per_sequence;
  mixture.capacity_factor = field_or(json, kCapacityKey, mixture.capacity_factor);
  mixture.eval_capacity_factor = field_or(json, kEvalCapacityKey, mixture.eval_capacity_factor);
  return config;
}

Json write(const EncoderDecoderConfig& config) {
  check_writable(config.encoder);
  check_writable(config.decoder);
  check(config.channel_mixer.mixture.experts_per_token == 1,
        "switch_transformers: a token is sent to one expert, got {}", config.channel_mixer.mixture.experts_per_token);
  const MixtureConfig& mixture = config.channel_mixer.mixture;
  Json json = t5_write(config);
  json["architectures"] = {"SwitchTransformersForConditionalGeneration"};
  json["model_type"] = "switch_transformers";
  json["num_sparse_encoder_layers"] = sparse_blocks(config.encoder);
  json["num_sparse_decoder_layers"] = sparse_blocks(config.decoder);
  json["num_experts"] = mixture.experts;
  json["expert_capacity"] = mixture.sequence_capacity;
  json["router_bias"] = mixture.router_bias;
  json["router_jitter_noise"] = mixture.jitter;
  json["router_dtype"] = "float32";
  json["router_z_loss_coef"] = mixture.z_loss;
  json["router_aux_loss_coef"] = mixture.balance_loss;
  json[kDropoutKey] = mixture.expert_dropout;
  json[kOverflowKey] = kOverflowNames[static_cast<std::size_t>(mixture.overflow)];
  if (mixture.overflow == Overflow::paper) {
    json[kCapacityKey] = mixture.capacity_factor;
    json[kEvalCapacityKey] = mixture.eval_capacity_factor;
  }
  return json;
}

std::span<const NameRule> names(const EncoderDecoderConfig&) {
  static const std::vector<NameRule> names = t5_names(kNames);
  return names;
}

}  // namespace

const EncoderDecoderFamily kSwitchTransformers = {
    "switch-t5",
    "switch_transformers",
    "encoder-decoder with experts in every other block, trained to fill in blanks (Fedus et al., 2021)",
    preset,
    read,
    write,
    names};

}  // namespace sequent
