// The layout of JambaForCausalLM (Lieber et al., "Jamba: A hybrid Transformer-Mamba language model", 2024): Mamba with
// inner norms, now and then attention without positions instead, and experts in some of the feed-forward layers.
#include <algorithm>
#include <array>
#include <string>

#include "sequent/models/json_fields.h"
#include "sequent/models/layout.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr auto kStacked = NameRule::Layout::stacked;

// Newer programs keep all experts of a layer in one tensor; in an early release, whose names have moe, a feed-forward
// layer is a mixture of one expert.
constexpr std::array<NameRule, 26> kNames = {{
    {"embedding.weight", "model.embed_tokens.weight"},
    {"layers.{}.norm.weight", "model.layers.{}.input_layernorm.weight"},
    {"layers.{}.mixer.q_proj.weight", "model.layers.{}.self_attn.q_proj.weight"},
    {"layers.{}.mixer.k_proj.weight", "model.layers.{}.self_attn.k_proj.weight"},
    {"layers.{}.mixer.v_proj.weight", "model.layers.{}.self_attn.v_proj.weight"},
    {"layers.{}.mixer.o_proj.weight", "model.layers.{}.self_attn.o_proj.weight"},
    {"layers.{}.mixer.in_proj.{}", "model.layers.{}.mamba.in_proj.{}"},
    {"layers.{}.mixer.conv1d.weight", "model.layers.{}.mamba.conv1d.weight", NameRule::Layout::depthwise},
    {"layers.{}.mixer.conv1d.bias", "model.layers.{}.mamba.conv1d.bias"},
    {"layers.{}.mixer.x_proj.weight", "model.layers.{}.mamba.x_proj.weight"},
    {"layers.{}.mixer.dt_layernorm.weight", "model.layers.{}.mamba.dt_layernorm.weight"},
    {"layers.{}.mixer.b_layernorm.weight", "model.layers.{}.mamba.b_layernorm.weight"},
    {"layers.{}.mixer.c_layernorm.weight", "model.layers.{}.mamba.c_layernorm.weight"},
    {"layers.{}.mixer.dt_proj.{}", "model.layers.{}.mamba.dt_proj.{}"},
    {"layers.{}.mixer.A_log", "model.layers.{}.mamba.A_log"},
    {"layers.{}.mixer.D", "model.layers.{}.mamba.D"},
    {"layers.{}.mixer.out_proj.{}", "model.layers.{}.mamba.out_proj.{}"},
    {"layers.{}.channel_norm.weight", "model.layers.{}.pre_ff_layernorm.weight"},
    {"layers.{}.channel_mixer.{}", "model.layers.{}.feed_forward.{}"},
    {"layers.{}.channel_mixer.experts.{}.gate_proj.weight", "model.layers.{}.feed_forward.experts.gate_up_proj",
     kStacked, 0, 2},
    {"layers.{}.channel_mixer.experts.{}.up_proj.weight", "model.layers.{}.feed_forward.experts.gate_up_proj", kStacked,
     1, 2},
    {"layers.{}.channel_mixer.experts.{}.down_proj.weight", "model.layers.{}.feed_forward.experts.down_proj", kStacked},
    {"layers.{}.channel_mixer.{}", "model.layers.{}.moe.experts.0.{}"},
    {"layers.{}.channel_mixer.{}", "model.layers.{}.moe.{}"},
    {"final_norm.weight", "model.final_layernorm.weight"},
    {"projection.weight", "lm_head.weight"},
}};

/// The layers i with i mod period = offset.
struct Rhythm {
  std::int64_t period = 1;
  std::int64_t offset = 0;

  bool at(std::size_t layer) const { return static_cast<std::int64_t>(layer) % period == offset; }
};

Rhythm read_rhythm(const Json& json, const std::string& kind, const Rhythm& usual) {
  const std::string period_key = kind + "_layer_period";
  const std::string offset_key = kind + "_layer_offset";
  const Rhythm rhythm = {field_or(json, period_key.c_str(), usual.period),
                         field_or(json, offset_key.c_str(), usual.offset)};
  check(rhythm.offset >= 0 && rhythm.offset < rhythm.period,
        "config.json: {} must be at least 0 and below {}, got {} and {}", offset_key, period_key, rhythm.offset,
        rhythm.period);
  return rhythm;
}

// The rhythm of those blocks that `is` says, if they have one; a rhythm that never comes where there are none.
template <class Predicate>
Rhythm rhythm_of(const std::vector<BlockConfig>& blocks, Predicate&& is) {
  const auto size = static_cast<std::int64_t>(blocks.size());
  const auto next = [&](std::int64_t from) {
    while (from < size && !is(blocks[static_cast<std::size_t>(from)])) ++from;
    return from;
  };
  const std::int64_t first = next(0);
  const std::int64_t second = next(first + 1);
  // One such block alone comes once in as many as there are.
  return {second < size ? second - first : std::max(size, first + 1), first};
}

// Some writers also list the kinds of all layers.
void check_listed_kinds(const Json& json, const std::vector<BlockConfig>& blocks) {
  const auto kinds = field_or(json, "layers_block_type", std::vector<std::string>());
  if (kinds.empty()) return;
  check(kinds.size() == blocks.size(), "config.json: layers_block_type has {} layers, num_hidden_layers is {}",
        kinds.size(), blocks.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    check(kinds[i] == blocks[i].mixer, "config.json: layers_block_type has {} at layer {}, by its period it is {}",
          kinds[i], i, blocks[i].mixer);
  }
}

std::vector<BlockConfig> read_blocks(const Json& json) {
  std::vector<BlockConfig> blocks = repeated({"mamba", "glu"}, field<std::int64_t>(json, "num_hidden_layers"));
  const Rhythm attention = read_rhythm(json, "attn", {8, 4});
  const Rhythm experts = read_rhythm(json, "expert", {2, 1});
  const bool any_experts = field_or<std::int64_t>(json, "num_experts", 16) > 1;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (attention.at(i)) blocks[i].mixer = "attention";
    if (any_experts && experts.at(i)) blocks[i].channel_mixer = "moe";
  }
  check_listed_kinds(json, blocks);
  return blocks;
}

LanguageModelConfig read(const Json& json) {
  LanguageModelConfig config;
  config.architecture = "jamba";
  config.vocabulary = field<std::int64_t>(json, "vocab_size");
  config.width = field<std::int64_t>(json, "hidden_size");
  config.blocks = read_blocks(json);
  config.norm_epsilon = field_or(json, "rms_norm_eps", 1e-6f);
  config.tied = field_or(json, "tie_word_embeddings", false);
  config.end_of_text = token_id(json, "eos_token_id");
  config.context = field_or<std::int64_t>(json, "max_position_embeddings", 0);
  const auto activation = field_or<std::string>(json, "hidden_act", "silu");
  check(activation == "silu", "config.json: hidden_act must be silu, got {}", activation);
  const auto window = field_or<std::int64_t>(json, "sliding_window", 0);
  check(window == 0, "config.json: sliding_window is not supported, got {}", window);

  AttentionConfig& attention = config.mixers.attention;
  attention.heads = field<std::int64_t>(json, "num_attention_heads");
  check(attention.heads > 0, "config.json: num_attention_heads must be positive, got {}", attention.heads);
  attention.key_value_heads = field_or(json, "num_key_value_heads", attention.heads);
  attention.head_width = config.width / attention.heads;
  attention.rope_base = 0;

  MambaConfig& mamba = config.mixers.mamba;
  mamba.inner_width = field_or<std::int64_t>(json, "mamba_expand", 2) * config.width;
  mamba.states = field_or<std::int64_t>(json, "mamba_d_state", 16);
  mamba.taps = field_or<std::int64_t>(json, "mamba_d_conv", 4);
  const auto rank = json.find("mamba_dt_rank");
  mamba.delta_rank = rank == json.end() || rank->is_null() || rank->is_string()
                         ? automatic_delta_rank(config.width)
                         : field<std::int64_t>(json, "mamba_dt_rank");
  mamba.bias = field_or(json, "mamba_proj_bias", false);
  mamba.conv_bias = field_or(json, "mamba_conv_bias", true);
  mamba.inner_norms = true;
  mamba.inner_norm_epsilon = config.norm_epsilon;

  config.channel_mixer.hidden_width = field<std::int64_t>(json, "intermediate_size");
  MixtureConfig& mixture = config.channel_mixer.mixture;
  mixture.experts = field_or<std::int64_t>(json, "num_experts", 16);
  mixture.experts_per_token = field_or<std::int64_t>(json, "num_experts_per_tok", 2);
  mixture.renormalise = false;
  mixture.balance_loss = field_or(json, "router_aux_loss_coef", 0.001f);
  return config;
}

Json write(const LanguageModelConfig& config) {
  const AttentionConfig& attention = config.mixers.attention;
  const MambaConfig& mamba = config.mixers.mamba;
  const MixtureConfig& mixture = config.channel_mixer.mixture;
  const Rhythm attentions =
      rhythm_of(config.blocks, [](const BlockConfig& block) { return block.mixer == "attention"; });
  const auto is_moe = [](const BlockConfig& block) { return block.channel_mixer == "moe"; };
  const Rhythm experts = rhythm_of(config.blocks, is_moe);
  const bool any_experts = std::any_of(config.blocks.begin(), config.blocks.end(), is_moe);
  const auto token = [&] { return config.end_of_text >= 0 ? Json(config.end_of_text) : Json(); };
  return {{"architectures", {"JambaForCausalLM"}},
          {"model_type", "jamba"},
          {"vocab_size", config.vocabulary},
          {"hidden_size", config.width},
          {"intermediate_size", config.channel_mixer.hidden_width},
          {"num_hidden_layers", config.blocks.size()},
          {"attn_layer_period", attentions.period},
          {"attn_layer_offset", attentions.offset},
          {"expert_layer_period", experts.period},
          {"expert_layer_offset", experts.offset},
          // Where no layer is attention any number is right, but there must be one.
          {"num_attention_heads", std::max<std::int64_t>(attention.heads, 1)},
          {"num_key_value_heads", std::max<std::int64_t>(attention.key_value_heads, 1)},
          {"num_experts", any_experts ? mixture.experts : 1},
          {"num_experts_per_tok", mixture.experts_per_token},
          {"router_aux_loss_coef", mixture.balance_loss},
          {"output_router_logits", false},
          {"mamba_d_state", mamba.states},
          {"mamba_d_conv", mamba.taps},
          {"mamba_expand", config.width > 0 ? mamba.inner_width / config.width : 0},
          {"mamba_dt_rank", mamba.delta_rank},
          {"mamba_conv_bias", mamba.conv_bias},
          {"mamba_proj_bias", mamba.bias},
          {"use_mamba_kernels", false},
          {"hidden_act", "silu"},
          {"rms_norm_eps", config.norm_epsilon},
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

const Layout kJamba = {"jamba", read, write, kNames};

}  // namespace sequent
