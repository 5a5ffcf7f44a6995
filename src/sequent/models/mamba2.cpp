// The layout of Mamba2ForCausalLM: blocks of one Mamba-2 mixer each, no channel mixer.
#include <algorithm>
#include <limits>

#include "sequent/models/json_fields.h"
#include "sequent/models/mamba_layouts.h"

namespace sequent {

using Json = nlohmann::json;

StepLimits read_step_limits(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  check(found->is_array() && found->size() == 2, "config.json: {} must be two numbers, got {}", key, found->dump());
  return {.minimum = number_of((*found)[0], key), .maximum = number_of((*found)[1], key)};
}

namespace {

LanguageModelConfig read(const Json& json) {
  LanguageModelConfig config;
  config.blocks = repeated({"mamba2", "none"}, field<std::int64_t>(json, "num_hidden_layers"));
  config.architecture = "mamba2";
  config.vocabulary = field<std::int64_t>(json, "vocab_size");
  config.width = field<std::int64_t>(json, "hidden_size");
  config.norm_epsilon = field_or(json, "layer_norm_epsilon", 1e-5f);
  config.tied = field_or(json, "tie_word_embeddings", false);
  config.end_of_text = token_id(json, "eos_token_id");
  config.context = field_or<std::int64_t>(json, "sequent_context", 0);
  const auto activation = field_or<std::string>(json, "hidden_act", "silu");
  check(activation == "silu", "config.json: hidden_act must be silu, got {}", activation);
  Mamba2Config& mamba2 = config.mixers.mamba2;
  mamba2.head_width = field_or<std::int64_t>(json, "head_dim", 64);
  mamba2.inner_width = field_or<std::int64_t>(json, "num_heads", 128) * mamba2.head_width;
  const auto expand = field_or<std::int64_t>(json, "expand", 2);
  check(expand * config.width == mamba2.inner_width,
        "config.json: expand * hidden_size must be num_heads * head_dim, got {} and {}", expand * config.width,
        mamba2.inner_width);
  mamba2.groups = field_or<std::int64_t>(json, "n_groups", 8);
  mamba2.states = field_or<std::int64_t>(json, "state_size", 128);
  mamba2.taps = field_or<std::int64_t>(json, "conv_kernel", 4);
  mamba2.delta_limits = read_step_limits(json, "time_step_limit");
  mamba2.rms_norm = field_or(json, "rms_norm", true);
  mamba2.norm_epsilon = config.norm_epsilon;
  // transformers normalises all groups together, which is not what such models were trained with.
  mamba2.norm_groups = !field_or(json, "sequent_full_width_norm", false);
  mamba2.bias = field_or(json, "use_bias", false);
  mamba2.conv_bias = field_or(json, "use_conv_bias", true);
  return config;
}

Json write(const LanguageModelConfig& config) {
  const Mamba2Config& mamba2 = config.mixers.mamba2;
  Json json = {{"architectures", {"Mamba2ForCausalLM"}},
               {"model_type", "mamba2"},
               {"vocab_size", config.vocabulary},
               {"hidden_size", config.width},
               {"num_hidden_layers", config.blocks.size()},
               {"expand", mamba2.inner_width / config.width},
               {"num_heads", mamba2.heads()},
               {"head_dim", mamba2.head_width},
               {"n_groups", mamba2.groups},
               {"state_size", mamba2.states},
               {"conv_kernel", mamba2.taps},
               {"time_step_min", mamba2.delta_minimum},
               {"time_step_max", mamba2.delta_maximum},
               {"time_step_floor", mamba2.delta_floor},
               {"layer_norm_epsilon", config.norm_epsilon},
               {"rms_norm", mamba2.rms_norm},
               {"use_bias", mamba2.bias},
               {"use_conv_bias", mamba2.conv_bias},
               {"hidden_act", "silu"},
               {"residual_in_fp32", true},
               {"tie_word_embeddings", config.tied},
               {"torch_dtype", "float32"},
               {"use_cache", true},
               {"sequent_context", config.context}};
  // Without the key there are no limits. Infinity itself has no form that all readers understand.
  const StepLimits limits = mamba2.delta_limits;
  if (limits.minimum > 0 || limits.maximum < std::numeric_limits<float>::infinity()) {
    json["time_step_limit"] = {limits.minimum, std::min(limits.maximum, std::numeric_limits<float>::max())};
  }
  if (!mamba2.norm_groups) json["sequent_full_width_norm"] = true;
  for (const char* key : {"bos_token_id", "eos_token_id", "pad_token_id"}) {
    json[key] = config.end_of_text >= 0 ? Json(config.end_of_text) : Json();
  }
  return json;
}

}  // namespace

const Layout kMamba2 = {"mamba2", read, write, kHuggingFaceMambaNames};

}  // namespace sequent
