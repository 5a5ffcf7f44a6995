// The layout of RetNet as first published, in torchscale: retention and a gated linear unit, RMSNorm before each. Its
// RetNetConfig is no file; config.json holds its keys.
#include <array>
#include <cmath>

#include "sequent/base/catalog.h"
#include "sequent/models/json_fields.h"
#include "sequent/models/layout.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr std::array<NameRule, 13> kNames = {{
    {"embedding.weight", "embed_tokens.weight"},
    {"layers.{}.norm.weight", "layers.{}.retention_layer_norm.weight"},
    {"layers.{}.mixer.q_proj.weight", "layers.{}.retention.q_proj.weight"},
    {"layers.{}.mixer.k_proj.weight", "layers.{}.retention.k_proj.weight"},
    {"layers.{}.mixer.v_proj.weight", "layers.{}.retention.v_proj.weight"},
    {"layers.{}.mixer.g_proj.weight", "layers.{}.retention.g_proj.weight"},
    {"layers.{}.mixer.o_proj.weight", "layers.{}.retention.out_proj.weight"},
    {"layers.{}.channel_norm.weight", "layers.{}.final_layer_norm.weight"},
    // fc1 goes through the activation, what is called gate does not.
    {"layers.{}.channel_mixer.gate_proj.weight", "layers.{}.ffn.fc1.weight"},
    {"layers.{}.channel_mixer.up_proj.weight", "layers.{}.ffn.gate.weight"},
    {"layers.{}.channel_mixer.down_proj.weight", "layers.{}.ffn.fc2.weight"},
    {"final_norm.weight", "layer_norm.weight"},
    {"projection.weight", "output_projection.weight"},
}};

// Angles and decays, which published checkpoints save beside the weights.
constexpr std::array<std::string_view, 1> kDerived = {"retnet_rel_pos.*"};

template <class Value>
struct Named {
  std::string_view name;
  Value value;
};
constexpr std::array<Named<Activation>, 3> kActivations = {
    {{"gelu", Activation::gelu}, {"swish", Activation::silu}, {"relu", Activation::relu}}};
// Our own key: which of torchscale's forms the outputs are those of.
constexpr std::array<Named<RetentionNormalisation>, 2> kNormalisations = {
    {{"canonical", RetentionNormalisation::canonical},
     {"torchscale_parallel", RetentionNormalisation::torchscale_parallel}}};

// The value whose name stands at `key`, or that of `fallback` where nothing does.
template <class Value, std::size_t kCount>
Value named(const Json& json, const char* key, const char* fallback, const std::array<Named<Value>, kCount>& table) {
  return find_entry(key, std::span<const Named<Value>>(table), field_or<std::string>(json, key, fallback)).value;
}

template <class Value, std::size_t kCount>
std::string_view name_of(Value value, const std::array<Named<Value>, kCount>& table) {
  for (const Named<Value>& entry : table) {
    if (entry.value == value) return entry.name;
  }
  fail("retnet: a setting cannot be written in torchscale's layout");
}

void refuse_unsupported(const Json& json) {
  check(field_or<std::int64_t>(json, "moe_freq", 0) == 0, "config.json: moe_freq is not supported, got {}",
        json.value("moe_freq", Json()).dump());
  check(field_or(json, "decoder_normalize_before", true),
        "config.json: decoder_normalize_before false (norms after the residual) is not supported");
  for (const char* key : {"deepnorm", "layernorm_embedding", "multiway", "no_output_layer"}) {
    check(!field_or(json, key, false), "config.json: {} true is not supported", key);
  }
}

LanguageModelConfig read(const Json& json) {
  refuse_unsupported(json);
  LanguageModelConfig config;
  // Often -1: the dictionary knew. 0 leaves it to the embedding.
  config.vocabulary = std::max<std::int64_t>(0, field_or<std::int64_t>(json, "vocab_size", 0));
  config.width = field<std::int64_t>(json, "decoder_embed_dim");
  config.blocks = repeated({"retention", "glu"}, field<std::int64_t>(json, "decoder_layers"));
  config.architecture = "retnet";
  config.norm_epsilon = field_or(json, "layernorm_eps", 1e-6f);
  config.tied = field_or(json, "share_decoder_input_output_embed", false);
  if (!field_or(json, "no_scale_embedding", true)) {
    config.embedding_scale = std::sqrt(static_cast<float>(config.width));
  }
  config.end_of_text = token_id(json, "eos_token_id");
  config.context = field_or<std::int64_t>(json, "max_target_positions", 0);
  RetentionConfig& retention = config.mixers.retention;
  retention.heads = retention.key_value_heads = field<std::int64_t>(json, "decoder_retention_heads");
  const auto per_head = [&](const char* key) {
    const auto all = field<std::int64_t>(json, key);
    check(retention.heads > 0 && all % retention.heads == 0,
          "config.json: decoder_retention_heads must divide {}, got {} and {}", key, retention.heads, all);
    return all / retention.heads;
  };
  retention.key_width = per_head("decoder_embed_dim");
  retention.value_width = per_head("decoder_value_embed_dim");
  retention.epsilon = config.norm_epsilon;
  retention.normalisation = named(json, "sequent_normalisation", "canonical", kNormalisations);
  config.channel_mixer.hidden_width = field<std::int64_t>(json, "decoder_ffn_embed_dim");
  config.channel_mixer.activation = named(json, "activation_fn", "gelu", kActivations);
  return config;
}

Json write(const LanguageModelConfig& config) {
  const RetentionConfig& retention = config.mixers.retention;
  return {{"model_type", "retnet-torchscale"},
          {"vocab_size", config.vocabulary},
          {"decoder_embed_dim", config.width},
          {"decoder_value_embed_dim", retention.heads * retention.value_width},
          {"decoder_retention_heads", retention.heads},
          {"decoder_ffn_embed_dim", config.channel_mixer.hidden_width},
          {"decoder_layers", config.blocks.size()},
          {"decoder_normalize_before", true},
          {"activation_fn", name_of(config.channel_mixer.activation, kActivations)},
          {"no_scale_embedding", config.embedding_scale == 1.0f},
          {"share_decoder_input_output_embed", config.tied},
          {"layernorm_eps", config.norm_epsilon},
          {"max_target_positions", config.context},
          {"eos_token_id", config.end_of_text >= 0 ? Json(config.end_of_text) : Json()},
          {"sequent_normalisation", name_of(retention.normalisation, kNormalisations)}};
}

bool recognizes(const Json& json) {
  return json.contains("decoder_retention_heads");
}

}  // namespace

const Layout kTorchscaleRetNet = {"retnet-torchscale", read, write, kNames, kDerived, recognizes};

}  // namespace sequent
