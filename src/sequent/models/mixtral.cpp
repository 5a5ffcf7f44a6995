// The layout of MixtralForCausalLM: Llama's with a mixture of experts in every layer.
#include <array>
#include <utility>

#include "sequent/models/json_fields.h"
#include "sequent/models/llama.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr auto kStacked = NameRule::Layout::stacked;

constexpr auto kNames = joined(
    kLlamaNames,
    std::array<NameRule, 8>{{
        {"layers.{}.channel_mixer.router.weight", "model.layers.{}.block_sparse_moe.gate.weight"},
        {"layers.{}.channel_mixer.experts.{}.gate_proj.weight",
         "model.layers.{}.block_sparse_moe.experts.{}.w1.weight"},
        {"layers.{}.channel_mixer.experts.{}.up_proj.weight", "model.layers.{}.block_sparse_moe.experts.{}.w3.weight"},
        {"layers.{}.channel_mixer.experts.{}.down_proj.weight",
         "model.layers.{}.block_sparse_moe.experts.{}.w2.weight"},
        // As newer programs keep them: all experts in one tensor.
        {"layers.{}.channel_mixer.router.weight", "model.layers.{}.mlp.gate.weight"},
        {"layers.{}.channel_mixer.experts.{}.gate_proj.weight", "model.layers.{}.mlp.experts.gate_up_proj", kStacked, 0,
         2},
        {"layers.{}.channel_mixer.experts.{}.up_proj.weight", "model.layers.{}.mlp.experts.gate_up_proj", kStacked, 1,
         2},
        {"layers.{}.channel_mixer.experts.{}.down_proj.weight", "model.layers.{}.mlp.experts.down_proj", kStacked},
    }});

LanguageModelConfig read(const Json& original) {
  Json json = original;
  // Where a key is missing, Mixtral means another value than Llama.
  for (const auto& [key, value] :
       {std::pair<const char*, Json>{"num_key_value_heads", 8}, {"rms_norm_eps", 1e-5}, {"rope_theta", 1e6}}) {
    json.emplace(key, value);
  }
  check(!json.contains("sliding_window") || json["sliding_window"].is_null(),
        "config.json: sliding_window is not supported, got {}", json["sliding_window"].dump());
  LanguageModelConfig config = read_llama(json);
  config.blocks = repeated({"attention", "moe"}, static_cast<std::int64_t>(config.blocks.size()));
  config.architecture = "mixtral";
  MixtureConfig& mixture = config.channel_mixer.mixture;
  mixture.experts = field_or<std::int64_t>(json, "num_local_experts", 8);
  mixture.experts_per_token = field_or<std::int64_t>(json, "num_experts_per_tok", 2);
  mixture.balance_loss = field_or(json, "router_aux_loss_coef", 0.001f);
  mixture.jitter = field_or(json, "router_jitter_noise", 0.0f);
  return config;
}

Json write(const LanguageModelConfig& config) {
  const MixtureConfig& mixture = config.channel_mixer.mixture;
  Json json = write_llama(config);
  // Mixtral has no such keys: what they would say is fixed.
  for (const char* key : {"head_dim", "attention_bias", "mlp_bias"}) json.erase(key);
  json["architectures"] = {"MixtralForCausalLM"};
  json["model_type"] = "mixtral";
  json["num_local_experts"] = mixture.experts;
  json["num_experts_per_tok"] = mixture.experts_per_token;
  json["router_aux_loss_coef"] = mixture.balance_loss;
  json["router_jitter_noise"] = mixture.jitter;
  json["output_router_logits"] = false;
  json["sliding_window"] = nullptr;
  return json;
}

}  // namespace

const Layout kMixtral = {"mixtral", read, write, kNames};

}  // namespace sequent
