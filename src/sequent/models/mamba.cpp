// The layout of MambaForCausalLM: blocks of one Mamba mixer each, no channel mixer.
#include <array>

#include "sequent/models/json_fields.h"
#include "sequent/models/layout.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr std::array<NameRule, 13> kNames = {{
    {"embedding.weight", "backbone.embeddings.weight"},
    {"embedding.weight", "backbone.embedding.weight"},
    {"layers.{}.norm.weight", "backbone.layers.{}.norm.weight"},
    {"layers.{}.mixer.in_proj.{}", "backbone.layers.{}.mixer.in_proj.{}"},
    {"layers.{}.mixer.conv1d.weight", "backbone.layers.{}.mixer.conv1d.weight", NameRule::Layout::depthwise},
    {"layers.{}.mixer.conv1d.bias", "backbone.layers.{}.mixer.conv1d.bias"},
    {"layers.{}.mixer.x_proj.weight", "backbone.layers.{}.mixer.x_proj.weight"},
    {"layers.{}.mixer.dt_proj.{}", "backbone.layers.{}.mixer.dt_proj.{}"},
    {"layers.{}.mixer.A_log", "backbone.layers.{}.mixer.A_log"},
    {"layers.{}.mixer.D", "backbone.layers.{}.mixer.D"},
    {"layers.{}.mixer.out_proj.{}", "backbone.layers.{}.mixer.out_proj.{}"},
    {"final_norm.weight", "backbone.norm_f.weight"},
    {"projection.weight", "lm_head.weight"},
}};

// config.json of the original Mamba code: no model_type, other keys, and a vocabulary that is padded when the table is
// made.
LanguageModelConfig read_state_spaces(const Json& json) {
  LanguageModelConfig config;
  const auto multiple = field_or<std::int64_t>(json, "pad_vocab_size_multiple", 8);
  check(multiple > 0, "config.json: pad_vocab_size_multiple must be positive, got {}", multiple);
  config.vocabulary = (field<std::int64_t>(json, "vocab_size") + multiple - 1) / multiple * multiple;
  config.width = field<std::int64_t>(json, "d_model");
  config.blocks = repeated({"mamba", "none"}, field<std::int64_t>(json, "n_layer"));
  config.architecture = "mamba";
  config.tied = field_or(json, "tie_embeddings", true);
  check(field_or(json, "rms_norm", true), "config.json: rms_norm false (LayerNorm) is not supported");
  check(field_or<std::int64_t>(json, "d_intermediate", 0) == 0, "config.json: d_intermediate is not supported");
  check(field_or(json, "attn_layer_idx", Json::array()).empty(), "config.json: attention layers are not supported");
  const Json mixer = field_or(json, "ssm_cfg", Json::object());
  const auto layer = field_or<std::string>(mixer, "layer", "Mamba1");
  check(layer == "Mamba1", "config.json: the layer must be Mamba1, got {}", layer);
  MambaConfig& mamba = config.mixers.mamba;
  mamba.inner_width = field_or<std::int64_t>(mixer, "expand", 2) * config.width;
  mamba.states = field_or<std::int64_t>(mixer, "d_state", 16);
  mamba.taps = field_or<std::int64_t>(mixer, "d_conv", 4);
  const auto rank = mixer.find("dt_rank");
  mamba.delta_rank = rank == mixer.end() || rank->is_string() ? automatic_delta_rank(config.width)
                                                              : field<std::int64_t>(mixer, "dt_rank");
  mamba.bias = field_or(mixer, "bias", false);
  mamba.conv_bias = field_or(mixer, "conv_bias", true);
  return config;
}

LanguageModelConfig read(const Json& json) {
  if (json.contains("d_model") && !json.contains("hidden_size")) return read_state_spaces(json);
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

Json write(const LanguageModelConfig& config) {
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
  // transformers computes the inner width from `expand` alone.
  check(mamba.inner_width % config.width == 0,
        "mamba: the inner width must be a multiple of the width to be saved as MambaForCausalLM, got {} and {}",
        mamba.inner_width, config.width);
  json["expand"] = mamba.inner_width / config.width;
  for (const char* key : {"bos_token_id", "eos_token_id", "pad_token_id"}) {
    json[key] = config.end_of_text >= 0 ? Json(config.end_of_text) : Json();
  }
  return json;
}

}  // namespace

const Layout kMamba = {"mamba", read, write, kNames};

}  // namespace sequent
