// The layout of GPT2LMHeadModel (Radford et al., "Language models are unsupervised multitask learners", 2019):
// attention and a feed-forward layer, LayerNorm before each, learned positions. Its matrices are stored as [inputs,
// outputs], and those of queries, keys and values are one.
#include <array>

#include "sequent/base/catalog.h"
#include "sequent/models/json_fields.h"
#include "sequent/models/layout.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr auto kTransposed = NameRule::Layout::transposed;

// The first files that were published hold the model without its head, whose names have no prefix.
constexpr std::array<NameRule, 23> kNames = {{
    {"embedding.weight", "transformer.wte.weight"},
    {"positions.weight", "transformer.wpe.weight"},
    {"layers.{}.norm.{}", "transformer.h.{}.ln_1.{}"},
    {"layers.{}.mixer.q_proj.{}", "transformer.h.{}.attn.c_attn.{}", kTransposed, 0, 3},
    {"layers.{}.mixer.k_proj.{}", "transformer.h.{}.attn.c_attn.{}", kTransposed, 1, 3},
    {"layers.{}.mixer.v_proj.{}", "transformer.h.{}.attn.c_attn.{}", kTransposed, 2, 3},
    {"layers.{}.mixer.o_proj.{}", "transformer.h.{}.attn.c_proj.{}", kTransposed},
    {"layers.{}.channel_norm.{}", "transformer.h.{}.ln_2.{}"},
    {"layers.{}.channel_mixer.up_proj.{}", "transformer.h.{}.mlp.c_fc.{}", kTransposed},
    {"layers.{}.channel_mixer.down_proj.{}", "transformer.h.{}.mlp.c_proj.{}", kTransposed},
    {"final_norm.{}", "transformer.ln_f.{}"},
    {"projection.weight", "lm_head.weight"},
    {"embedding.weight", "wte.weight"},
    {"positions.weight", "wpe.weight"},
    {"layers.{}.norm.{}", "h.{}.ln_1.{}"},
    {"layers.{}.mixer.q_proj.{}", "h.{}.attn.c_attn.{}", kTransposed, 0, 3},
    {"layers.{}.mixer.k_proj.{}", "h.{}.attn.c_attn.{}", kTransposed, 1, 3},
    {"layers.{}.mixer.v_proj.{}", "h.{}.attn.c_attn.{}", kTransposed, 2, 3},
    {"layers.{}.mixer.o_proj.{}", "h.{}.attn.c_proj.{}", kTransposed},
    {"layers.{}.channel_norm.{}", "h.{}.ln_2.{}"},
    {"layers.{}.channel_mixer.up_proj.{}", "h.{}.mlp.c_fc.{}", kTransposed},
    {"layers.{}.channel_mixer.down_proj.{}", "h.{}.mlp.c_proj.{}", kTransposed},
    {"final_norm.{}", "ln_f.{}"},
}};

// The causal mask, which older files save with every layer.
constexpr std::array<std::string_view, 4> kDerived = {"transformer.h.*.attn.bias", "transformer.h.*.attn.masked_bias",
                                                      "h.*.attn.bias", "h.*.attn.masked_bias"};

struct NamedActivation {
  std::string_view name;
  Activation value;
};
// Of several names for one the first is written.
constexpr std::array<NamedActivation, 6> kActivations = {{{"gelu_new", Activation::gelu_tanh},
                                                          {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                                          {"gelu", Activation::gelu},
                                                          {"relu", Activation::relu},
                                                          {"silu", Activation::silu},
                                                          {"swish", Activation::silu}}};

std::string_view name_of(Activation activation) {
  for (const NamedActivation& entry : kActivations) {
    if (entry.value == activation) return entry.name;
  }
  fail("gpt2: this activation has no name in its layout");
}

LanguageModelConfig read(const Json& json) {
  check(field_or(json, "scale_attn_weights", true), "config.json: scale_attn_weights false is not supported");
  for (const char* key : {"scale_attn_by_inverse_layer_idx", "add_cross_attention"}) {
    check(!field_or(json, key, false), "config.json: {} true is not supported", key);
  }
  LanguageModelConfig config;
  config.vocabulary = field<std::int64_t>(json, "vocab_size");
  config.width = field<std::int64_t>(json, "n_embd");
  config.positions = field_or(json, "n_positions", field_or<std::int64_t>(json, "n_ctx", 1024));
  config.context = config.positions;
  config.blocks = repeated({"attention", "mlp"}, field<std::int64_t>(json, "n_layer"));
  config.architecture = "gpt2";
  config.norm = NormKind::layer_norm;
  config.norm_epsilon = field_or(json, "layer_norm_epsilon", 1e-5f);
  config.tied = field_or(json, "tie_word_embeddings", true);
  config.end_of_text = token_id(json, "eos_token_id");
  AttentionConfig& attention = config.mixers.attention;
  attention.heads = attention.key_value_heads = field<std::int64_t>(json, "n_head");
  check(attention.heads > 0 && config.width % attention.heads == 0,
        "config.json: n_head must divide n_embd, got {} and {}", attention.heads, config.width);
  attention.head_width = config.width / attention.heads;
  attention.rope_base = 0;
  attention.bias = true;
  ChannelMixerConfig& mlp = config.channel_mixer;
  mlp.hidden_width = field_or(json, "n_inner", 4 * config.width);
  mlp.bias = true;
  const auto activation = field_or<std::string>(json, "activation_function", "gelu_new");
  mlp.activation = find_entry("activation_function", std::span<const NamedActivation>(kActivations), activation).value;
  return config;
}

Json write(const LanguageModelConfig& config) {
  const auto token = [&] { return config.end_of_text >= 0 ? Json(config.end_of_text) : Json(); };
  return {{"architectures", {"GPT2LMHeadModel"}},
          {"model_type", "gpt2"},
          {"vocab_size", config.vocabulary},
          {"n_positions", config.positions},
          {"n_embd", config.width},
          {"n_layer", config.blocks.size()},
          {"n_head", config.mixers.attention.heads},
          {"n_inner", config.channel_mixer.hidden_width},
          {"activation_function", name_of(config.channel_mixer.activation)},
          {"layer_norm_epsilon", config.norm_epsilon},
          {"tie_word_embeddings", config.tied},
          {"initializer_range", 0.02},
          {"torch_dtype", "float32"},
          {"use_cache", true},
          {"bos_token_id", token()},
          {"eos_token_id", token()}};
}

}  // namespace

const Layout kGpt2 = {"gpt2", read, write, kNames, kDerived};

}  // namespace sequent
