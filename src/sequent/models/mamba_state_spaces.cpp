// The layouts of Mamba and Mamba-2 as first published, by the original code (github.com/state-spaces/mamba): no
// model_type, other keys, and a vocabulary that is padded when the table is made.
#include <limits>
#include <string>

#include "sequent/models/json_fields.h"
#include "sequent/models/mamba_layouts.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr const char* kMamba1Layer = "Mamba1";
constexpr const char* kMamba2Layer = "Mamba2";
constexpr float kNormEpsilon = 1e-5f;  // has no key

Json mixer_of(const Json& json) {
  return field_or(json, "ssm_cfg", Json::object());
}
std::string layer_of(const Json& json) {
  return field_or<std::string>(mixer_of(json), "layer", kMamba1Layer);
}
// Some published files have these keys beside those of Hugging Face, which then count.
bool is_original(const Json& json) {
  return json.contains("d_model") && json.contains("n_layer") && !json.contains("hidden_size");
}

LanguageModelConfig read_common(const Json& json, const char* layer, const char* mixer) {
  check(layer_of(json) == layer, "config.json: the layer must be {}, got {}", layer, layer_of(json));
  LanguageModelConfig config;
  const auto multiple = field_or<std::int64_t>(json, "pad_vocab_size_multiple", 8);
  check(multiple > 0, "config.json: pad_vocab_size_multiple must be positive, got {}", multiple);
  const auto real = field<std::int64_t>(json, "vocab_size");
  check(real <= std::numeric_limits<std::int32_t>::max() && multiple <= std::numeric_limits<std::int32_t>::max(),
        "config.json: vocab_size and pad_vocab_size_multiple must fit 32 bits, got {} and {}", real, multiple);
  config.vocabulary = (real + multiple - 1) / multiple * multiple;
  config.width = field<std::int64_t>(json, "d_model");
  config.blocks = repeated({mixer, "none"}, field<std::int64_t>(json, "n_layer"));
  config.architecture = mixer;
  config.norm_epsilon = kNormEpsilon;
  config.tied = field_or(json, "tie_embeddings", true);
  check(field_or(json, "rms_norm", true), "config.json: rms_norm false (LayerNorm) is not supported");
  check(field_or<std::int64_t>(json, "d_intermediate", 0) == 0, "config.json: d_intermediate is not supported");
  check(field_or(json, "attn_layer_idx", Json::array()).empty(), "config.json: attention layers are not supported");
  return config;
}

// The original code makes its configuration of exactly these keys.
Json write_common(const LanguageModelConfig& config, std::int64_t inner_width, Json mixer) {
  check(config.width > 0 && inner_width % config.width == 0,
        "mamba: the inner width must be a multiple of the width in the original layout, got {} and {}", inner_width,
        config.width);
  mixer["expand"] = inner_width / config.width;
  constexpr std::int64_t kMultiple = 8;
  return {{"d_model", config.width},
          {"d_intermediate", 0},
          {"n_layer", config.blocks.size()},
          {"vocab_size", config.vocabulary},
          {"ssm_cfg", std::move(mixer)},
          {"attn_layer_idx", Json::array()},
          {"attn_cfg", Json::object()},
          {"rms_norm", true},
          {"residual_in_fp32", true},
          {"fused_add_norm", true},
          {"pad_vocab_size_multiple", config.vocabulary % kMultiple == 0 ? kMultiple : 1},
          {"tie_embeddings", config.tied}};
}

LanguageModelConfig read_mamba(const Json& json) {
  LanguageModelConfig config = read_common(json, kMamba1Layer, "mamba");
  const Json mixer = mixer_of(json);
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

Json write_mamba(const LanguageModelConfig& config) {
  const MambaConfig& mamba = config.mixers.mamba;
  return write_common(config, mamba.inner_width,
                      {{"d_state", mamba.states},
                       {"d_conv", mamba.taps},
                       {"dt_rank", mamba.delta_rank},
                       {"bias", mamba.bias},
                       {"conv_bias", mamba.conv_bias}});
}

LanguageModelConfig read_mamba2(const Json& json) {
  LanguageModelConfig config = read_common(json, kMamba2Layer, "mamba2");
  const Json mixer = mixer_of(json);
  Mamba2Config& mamba2 = config.mixers.mamba2;
  mamba2.inner_width = field_or<std::int64_t>(mixer, "expand", 2) * config.width;
  const auto mixed = field_or(mixer, "d_ssm", mamba2.inner_width);
  check(mixed == mamba2.inner_width, "config.json: d_ssm must be the inner width {}, got {}", mamba2.inner_width,
        mixed);
  mamba2.head_width = field_or<std::int64_t>(mixer, "headdim", 64);
  mamba2.groups = field_or<std::int64_t>(mixer, "ngroups", 1);
  mamba2.states = field_or<std::int64_t>(mixer, "d_state", 128);
  mamba2.taps = field_or<std::int64_t>(mixer, "d_conv", 4);
  mamba2.delta_limits = read_step_limits(mixer, "dt_limit");
  mamba2.d_per_channel = field_or(mixer, "D_has_hdim", false);
  mamba2.rms_norm = field_or(mixer, "rmsnorm", true);
  mamba2.norm_before_gate = field_or(mixer, "norm_before_gate", false);
  mamba2.bias = field_or(mixer, "bias", false);
  mamba2.conv_bias = field_or(mixer, "conv_bias", true);
  return config;
}

Json write_mamba2(const LanguageModelConfig& config) {
  const Mamba2Config& mamba2 = config.mixers.mamba2;
  Json mixer = {{"layer", kMamba2Layer},      {"d_state", mamba2.states},
                {"d_conv", mamba2.taps},      {"headdim", mamba2.head_width},
                {"ngroups", mamba2.groups},   {"D_has_hdim", mamba2.d_per_channel},
                {"rmsnorm", mamba2.rms_norm}, {"norm_before_gate", mamba2.norm_before_gate},
                {"bias", mamba2.bias},        {"conv_bias", mamba2.conv_bias}};
  const StepLimits limits = mamba2.delta_limits;
  if (limits.minimum > 0 || limits.maximum < std::numeric_limits<float>::infinity()) {
    mixer["dt_limit"] = {limits.minimum, std::min(limits.maximum, std::numeric_limits<float>::max())};
  }
  return write_common(config, mamba2.inner_width, std::move(mixer));
}

bool is_original_mamba(const Json& json) {
  return is_original(json) && layer_of(json) != kMamba2Layer;
}
bool is_original_mamba2(const Json& json) {
  return is_original(json) && layer_of(json) == kMamba2Layer;
}

}  // namespace

const Layout kMambaStateSpaces = {"mamba-state-spaces", read_mamba, write_mamba, kStateSpacesNames, {},
                                  is_original_mamba,    true,       true};
const Layout kMamba2StateSpaces = {"mamba2-state-spaces", read_mamba2, write_mamba2, kStateSpacesNames, {},
                                   is_original_mamba2,    true,        true};

}  // namespace sequent
