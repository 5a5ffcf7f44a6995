// The layouts of MambaForCausalLM and FalconMambaForCausalLM: blocks of one Mamba mixer each, no channel mixer.
#include "sequent/models/json_fields.h"
#include "sequent/models/mamba_layouts.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

LanguageModelConfig read(const Json& json) {
  LanguageModelConfig config;
  config.vocabulary = field<std::int64_t>(json, "vocab_size");
  config.width = field<std::int64_t>(json, "hidden_size");
  config.blocks = repeated({"mamba", "none"}, field<std::int64_t>(json, "num_hidden_layers"));
  config.architecture = "mamba";
  config.norm_epsilon = field_or(json, "layer_norm_epsilon", 1e-5f);
  config.tied = field_or(json, "tie_word_embeddings", true);
  config.end_of_text = token_id(json, "eos_token_id");
  config.context = field_or<std::int64_t>(json, "sequent_context", 0);
  const auto activation = field_or<std::string>(json, "hidden_act", "silu");
  check(activation == "silu", "config.json: hidden_act must be silu, got {}", activation);
  MambaConfig& mamba = config.mixers.mamba;
  // Published files may disagree between the two; the inner width is the truth.
  mamba.inner_width =
      field_or<std::int64_t>(json, "intermediate_size", field_or<std::int64_t>(json, "expand", 2) * config.width);
  mamba.states = field_or<std::int64_t>(json, "state_size", 16);
  mamba.taps = field_or<std::int64_t>(json, "conv_kernel", 4);
  const auto rank = json.find("time_step_rank");
  mamba.delta_rank = rank == json.end() || rank->is_null() || rank->is_string()
                         ? automatic_delta_rank(config.width)
                         : field<std::int64_t>(json, "time_step_rank");
  mamba.bias = field_or(json, "use_bias", false);
  mamba.conv_bias = field_or(json, "use_conv_bias", true);
  return config;
}

Json write_common(const LanguageModelConfig& config) {
  const MambaConfig& mamba = config.mixers.mamba;
  Json json = {{"architectures", {"MambaForCausalLM"}},
               {"model_type", "mamba"},
               {"vocab_size", config.vocabulary},
               {"hidden_size", config.width},
               {"num_hidden_layers", config.blocks.size()},
               {"state_size", mamba.states},
               {"intermediate_size", mamba.inner_width},
               {"conv_kernel", mamba.taps},
               {"time_step_rank", mamba.delta_rank},
               {"time_step_min", mamba.delta_minimum},
               {"time_step_max", mamba.delta_maximum},
               {"time_step_floor", mamba.delta_floor},
               {"layer_norm_epsilon", config.norm_epsilon},
               {"use_bias", mamba.bias},
               {"use_conv_bias", mamba.conv_bias},
               {"hidden_act", "silu"},
               {"residual_in_fp32", true},
               {"tie_word_embeddings", config.tied},
               {"torch_dtype", "float32"},
               {"use_cache", true},
               {"sequent_context", config.context}};
  for (const char* key : {"bos_token_id", "eos_token_id", "pad_token_id"}) {
    json[key] = config.end_of_text >= 0 ? Json(config.end_of_text) : Json();
  }
  return json;
}

Json write(const LanguageModelConfig& config) {
  const MambaConfig& mamba = config.mixers.mamba;
  // transformers computes the inner width from `expand` alone.
  check(mamba.inner_width % config.width == 0,
        "mamba: the inner width must be a multiple of the width to be saved as MambaForCausalLM, got {} and {}",
        mamba.inner_width, config.width);
  Json json = write_common(config);
  json["expand"] = mamba.inner_width / config.width;
  return json;
}

// Falcon Mamba (Zuo et al., "Falcon Mamba: The first competitive attention-free 7B language model", 2024) normalises
// what x_proj gives, without weights, and its inner width is no multiple of the width.
LanguageModelConfig read_falcon(const Json& json) {
  LanguageModelConfig config = read(json);
  config.architecture = "falcon-mamba";
  MambaConfig& mamba = config.mixers.mamba;
  mamba.inner_norms = true;
  mamba.inner_norm_weights = false;
  mamba.inner_norm_epsilon = field_or(json, "mixer_rms_eps", 1e-6f);
  return config;
}

Json write_falcon(const LanguageModelConfig& config) {
  Json json = write_common(config);
  json["architectures"] = {"FalconMambaForCausalLM"};
  json["model_type"] = "falcon_mamba";
  json["mixer_rms_eps"] = config.mixers.mamba.inner_norm_epsilon;
  return json;
}

}  // namespace

const Layout kMamba = {"mamba", read, write, kHuggingFaceMambaNames};
const Layout kFalconMamba = {"falcon_mamba", read_falcon, write_falcon, kHuggingFaceMambaNames};

}  // namespace sequent
