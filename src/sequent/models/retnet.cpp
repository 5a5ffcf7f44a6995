// The layout of flash-linear-attention's RetNetForCausalLM: retention and SwiGLU, RMSNorm before each.
#include <array>

#include "sequent/models/json_fields.h"
#include "sequent/models/layout.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr std::array<NameRule, 13> kNames = {{
    {"embedding.weight", "model.embeddings.weight"},
    {"layers.{}.norm.weight", "model.layers.{}.attn_norm.weight"},
    {"layers.{}.mixer.q_proj.weight", "model.layers.{}.attn.q_proj.weight"},
    {"layers.{}.mixer.k_proj.weight", "model.layers.{}.attn.k_proj.weight"},
    {"layers.{}.mixer.v_proj.weight", "model.layers.{}.attn.v_proj.weight"},
    {"layers.{}.mixer.g_proj.weight", "model.layers.{}.attn.g_proj.weight"},
    {"layers.{}.mixer.o_proj.weight", "model.layers.{}.attn.o_proj.weight"},
    // One kernel for norm and gate (the default there), or two.
    {"layers.{}.mixer.head_norm.weight", "model.layers.{}.attn.g_norm_swish_gate.weight"},
    {"layers.{}.mixer.head_norm.weight", "model.layers.{}.attn.g_norm.weight"},
    {"layers.{}.channel_norm.weight", "model.layers.{}.mlp_norm.weight"},
    {"layers.{}.channel_mixer.{}", "model.layers.{}.mlp.{}"},
    {"final_norm.weight", "model.norm.weight"},
    {"projection.weight", "lm_head.weight"},
}};

// The feed-forward width where the file leaves it open: two thirds of hidden_ratio widths, in steps of 256.
std::int64_t automatic_hidden_width(const Json& json, std::int64_t width) {
  const auto ratio = field_or<std::int64_t>(json, "hidden_ratio", json.contains("hidden_ratio") ? 4 : 2);
  return (width * ratio * 2 / 3 + 255) / 256 * 256;
}

LanguageModelConfig read(const Json& json) {
  LanguageModelConfig config;
  config.vocabulary = field<std::int64_t>(json, "vocab_size");
  config.width = field<std::int64_t>(json, "hidden_size");
  config.blocks = repeated({"retention", "glu"}, field<std::int64_t>(json, "num_hidden_layers"));
  config.architecture = "retnet";
  config.norm_epsilon = field_or(json, "norm_eps", 1e-6f);
  config.tied = field_or(json, "tie_word_embeddings", false);
  config.end_of_text = token_id(json, "eos_token_id");
  config.context = field_or<std::int64_t>(json, "max_position_embeddings", 0);
  const auto activation = field_or<std::string>(json, "hidden_act", "swish");
  check(activation == "swish" || activation == "silu", "config.json: hidden_act must be swish, got {}", activation);
  check(field_or(json, "use_output_gate", true), "config.json: use_output_gate false is not supported");
  for (const char* key : {"attn", "feature_map", "attnres_block_size"}) {
    check(!json.contains(key) || json[key].is_null(), "config.json: {} is not supported, got {}", key,
          json.contains(key) ? json[key].dump() : "");
  }
  // use_short_conv is read there and not handed to the layer: models have no convolution whatever it says.
  RetentionConfig& retention = config.mixers.retention;
  retention.heads = field<std::int64_t>(json, "num_heads");
  check(retention.heads > 0, "config.json: num_heads must be positive, got {}", retention.heads);
  retention.key_value_heads = field_or(json, "num_kv_heads", retention.heads);
  const auto per_head = [&](const char* key, double fallback) {
    const auto all = static_cast<std::int64_t>(static_cast<double>(config.width) * field_or(json, key, fallback));
    check(all % retention.heads == 0, "config.json: num_heads must divide hidden_size * {}, got {} and {}", key,
          retention.heads, all);
    return all / retention.heads;
  };
  retention.key_width = per_head("expand_k", 1.0);
  retention.value_width = per_head("expand_v", 2.0);
  retention.rotation = RotaryConvention::half_split;
  retention.normalisation = RetentionNormalisation::none;
  retention.head_weight = field_or(json, "elementwise_affine", true);
  retention.epsilon = config.norm_epsilon;
  config.channel_mixer.hidden_width = field_or(json, "intermediate_size", automatic_hidden_width(json, config.width));
  return config;
}

Json write(const LanguageModelConfig& config) {
  const RetentionConfig& retention = config.mixers.retention;
  const auto token = [&] { return config.end_of_text >= 0 ? Json(config.end_of_text) : Json(); };
  const auto expansion = [&](std::int64_t per_head) {
    return static_cast<double>(per_head * retention.heads) / static_cast<double>(config.width);
  };
  return {{"architectures", {"RetNetForCausalLM"}},
          {"model_type", "retnet"},
          {"vocab_size", config.vocabulary},
          {"hidden_size", config.width},
          {"intermediate_size", config.channel_mixer.hidden_width},
          {"num_hidden_layers", config.blocks.size()},
          {"num_heads", retention.heads},
          {"num_kv_heads", retention.key_value_heads},
          {"expand_k", expansion(retention.key_width)},
          {"expand_v", expansion(retention.value_width)},
          {"elementwise_affine", retention.head_weight},
          {"norm_eps", config.norm_epsilon},
          {"hidden_act", "swish"},
          {"use_output_gate", true},
          {"use_short_conv", false},
          {"attn_mode", "chunk"},
          {"max_position_embeddings", config.context > 0 ? config.context : 2048},
          {"tie_word_embeddings", config.tied},
          {"initializer_range", 0.02},
          {"torch_dtype", "float32"},
          {"use_cache", true},
          {"bos_token_id", token()},
          {"eos_token_id", token()},
          {"pad_token_id", nullptr}};
}

}  // namespace

const Layout kRetNet = {"retnet", read, write, kNames};

}  // namespace sequent
