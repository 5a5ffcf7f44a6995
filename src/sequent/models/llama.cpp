// The layouts of LlamaForCausalLM, MistralForCausalLM and Qwen2ForCausalLM: attention with rotary positions and SwiGLU,
// RMSNorm before each.
#include "sequent/models/llama.h"

#include <array>

#include "sequent/models/json_fields.h"
#include "sequent/models/published_rotary.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr auto kNames =
    joined(kLlamaNames, std::array<NameRule, 1>{{{"layers.{}.channel_mixer.{}", "model.layers.{}.mlp.{}"}}});

}  // namespace

LanguageModelConfig read_llama(const Json& json) {
  LanguageModelConfig config;
  config.vocabulary = field<std::int64_t>(json, "vocab_size");
  config.width = field<std::int64_t>(json, "hidden_size");
  config.blocks = repeated({"attention", "glu"}, field<std::int64_t>(json, "num_hidden_layers"));
  config.architecture = "transformer";
  config.norm_epsilon = field_or(json, "rms_norm_eps", 1e-6f);
  config.tied = field_or(json, "tie_word_embeddings", false);
  config.end_of_text = token_id(json, "eos_token_id");
  config.context = field_or<std::int64_t>(json, "max_position_embeddings", 0);
  const auto activation = field_or<std::string>(json, "hidden_act", "silu");
  check(activation == "silu", "config.json: hidden_act must be silu, got {}", activation);
  AttentionConfig& attention = config.mixers.attention;
  attention.heads = field<std::int64_t>(json, "num_attention_heads");
  check(attention.heads > 0, "config.json: num_attention_heads must be positive, got {}", attention.heads);
  attention.key_value_heads = field_or(json, "num_key_value_heads", attention.heads);
  attention.head_width = field_or(json, "head_dim", config.width / attention.heads);
  attention.bias = field_or(json, "attention_bias", false);
  // Newer files keep the base and the scaling in one object.
  const Json rope = field_or(json, "rope_parameters", Json::object());
  attention.rope_base = field_or(rope, "rope_theta", field_or(json, "rope_theta", 10000.0f));
  check(attention.rope_base > 0, "config.json: rope_theta must be positive, got {}", attention.rope_base);
  attention.rope_scaling = read_rotary_scaling(json);
  config.channel_mixer.hidden_width = field<std::int64_t>(json, "intermediate_size");
  config.channel_mixer.bias = field_or(json, "mlp_bias", false);
  return config;
}

Json write_llama(const LanguageModelConfig& config) {
  const AttentionConfig& attention = config.mixers.attention;
  const auto token = [&] { return config.end_of_text >= 0 ? Json(config.end_of_text) : Json(); };
  return {{"architectures", {"LlamaForCausalLM"}},
          {"model_type", "llama"},
          {"vocab_size", config.vocabulary},
          {"hidden_size", config.width},
          {"intermediate_size", config.channel_mixer.hidden_width},
          {"num_hidden_layers", config.blocks.size()},
          {"num_attention_heads", attention.heads},
          {"num_key_value_heads", attention.key_value_heads},
          {"head_dim", attention.head_width},
          {"hidden_act", "silu"},
          {"rms_norm_eps", config.norm_epsilon},
          {"rope_theta", attention.rope_base},
          {"rope_scaling", write_rotary_scaling(attention.rope_scaling)},
          {"attention_bias", attention.bias},
          {"mlp_bias", config.channel_mixer.bias},
          {"max_position_embeddings", config.context > 0 ? config.context : 2048},
          {"tie_word_embeddings", config.tied},
          {"initializer_range", 0.02},
          {"torch_dtype", "float32"},
          {"use_cache", true},
          {"bos_token_id", token()},
          {"eos_token_id", token()},
          {"pad_token_id", nullptr}};
}

namespace {

// Mistral is Llama whose tokens may see only so many before them.
LanguageModelConfig read_mistral(const Json& json) {
  LanguageModelConfig config = read_llama(json);
  config.mixers.attention.window = field_or<std::int64_t>(json, "sliding_window", 0);
  return config;
}

Json write_mistral(const LanguageModelConfig& config) {
  Json json = write_llama(config);
  json["architectures"] = {"MistralForCausalLM"};
  json["model_type"] = "mistral";
  const std::int64_t window = config.mixers.attention.window;
  json["sliding_window"] = window > 0 ? Json(window) : Json();
  return json;
}

}  // namespace

namespace {

// Qwen2 is Llama with biases on queries, keys and values, and no key that says so (Yang et al., "Qwen2 technical
// report", 2024).
LanguageModelConfig read_qwen2(const Json& json) {
  check(!field_or(json, "use_sliding_window", false), "config.json: use_sliding_window true is not supported");
  LanguageModelConfig config = read_llama(json);
  config.mixers.attention.bias = true;
  config.mixers.attention.output_bias = false;
  return config;
}

Json write_qwen2(const LanguageModelConfig& config) {
  Json json = write_llama(config);
  for (const char* key : {"head_dim", "attention_bias", "mlp_bias"}) json.erase(key);
  json["architectures"] = {"Qwen2ForCausalLM"};
  json["model_type"] = "qwen2";
  json["use_sliding_window"] = false;
  return json;
}

}  // namespace

const Layout kLlama = {"llama", read_llama, write_llama, kNames};
const Layout kMistral = {"mistral", read_mistral, write_mistral, kNames};
const Layout kQwen2 = {"qwen2", read_qwen2, write_qwen2, kNames};

}  // namespace sequent
