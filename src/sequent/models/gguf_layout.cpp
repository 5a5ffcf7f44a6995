#include "sequent/models/gguf_layout.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/models/llama.h"
#include "sequent/models/published_rotary.h"

namespace sequent {
namespace {

constexpr auto kStacked = NameRule::Layout::stacked;

constexpr std::array<NameRule, 4> kCommonNames = {{{"embedding.weight", "token_embd.weight"},
                                                   {"layers.{}.norm.weight", "blk.{}.attn_norm.weight"},
                                                   {"final_norm.weight", "output_norm.weight"},
                                                   {"projection.weight", "output.weight"}}};
constexpr std::array<NameRule, 9> kMambaNames = {{{"layers.{}.mixer.in_proj.weight", "blk.{}.ssm_in.weight"},
                                                  {"layers.{}.mixer.conv1d.{}", "blk.{}.ssm_conv1d.{}"},
                                                  {"layers.{}.mixer.x_proj.weight", "blk.{}.ssm_x.weight"},
                                                  {"layers.{}.mixer.dt_proj.{}", "blk.{}.ssm_dt.{}"},
                                                  {"layers.{}.mixer.dt_bias", "blk.{}.ssm_dt.bias"},
                                                  {"layers.{}.mixer.A_log", "blk.{}.ssm_a"},
                                                  {"layers.{}.mixer.D", "blk.{}.ssm_d"},
                                                  {"layers.{}.mixer.norm.weight", "blk.{}.ssm_norm.weight"},
                                                  {"layers.{}.mixer.out_proj.weight", "blk.{}.ssm_out.weight"}}};
constexpr std::array<NameRule, 3> kInnerNormNames = {
    {{"layers.{}.mixer.dt_layernorm.weight", "blk.{}.ssm_dt_norm.weight"},
     {"layers.{}.mixer.b_layernorm.weight", "blk.{}.ssm_b_norm.weight"},
     {"layers.{}.mixer.c_layernorm.weight", "blk.{}.ssm_c_norm.weight"}}};
constexpr std::array<NameRule, 4> kAttentionNames = {{{"layers.{}.mixer.q_proj.{}", "blk.{}.attn_q.{}"},
                                                      {"layers.{}.mixer.k_proj.{}", "blk.{}.attn_k.{}"},
                                                      {"layers.{}.mixer.v_proj.{}", "blk.{}.attn_v.{}"},
                                                      {"layers.{}.mixer.o_proj.{}", "blk.{}.attn_output.{}"}}};
constexpr std::array<NameRule, 8> kFeedForwardNames = {
    {{"layers.{}.channel_norm.weight", "blk.{}.ffn_norm.weight"},
     {"layers.{}.channel_mixer.gate_proj.{}", "blk.{}.ffn_gate.{}"},
     {"layers.{}.channel_mixer.up_proj.{}", "blk.{}.ffn_up.{}"},
     {"layers.{}.channel_mixer.down_proj.{}", "blk.{}.ffn_down.{}"},
     {"layers.{}.channel_mixer.router.weight", "blk.{}.ffn_gate_inp.weight"},
     {"layers.{}.channel_mixer.experts.{}.gate_proj.weight", "blk.{}.ffn_gate_exps.weight", kStacked},
     {"layers.{}.channel_mixer.experts.{}.up_proj.weight", "blk.{}.ffn_up_exps.weight", kStacked},
     {"layers.{}.channel_mixer.experts.{}.down_proj.weight", "blk.{}.ffn_down_exps.weight", kStacked}}};

constexpr auto kAllMambaNames = joined(kCommonNames, kMambaNames);
constexpr auto kLlamaTensorNames = joined(joined(kCommonNames, kAttentionNames), kFeedForwardNames);
constexpr auto kJambaNames =
    joined(joined(kAllMambaNames, kInnerNormNames), joined(kAttentionNames, kFeedForwardNames));

bool all_blocks(const LanguageModelConfig& config, std::initializer_list<BlockConfig> kinds) {
  return std::all_of(config.blocks.begin(), config.blocks.end(), [&](const BlockConfig& block) {
    return std::find(kinds.begin(), kinds.end(), block) != kinds.end();
  });
}

bool plain(const LanguageModelConfig& config) {
  return config.embedding_scale == 1.0f;
}

std::string block_tensor(std::size_t layer, std::string_view name) {
  return "blk." + std::to_string(layer) + "." + std::string(name);
}

// What all architectures have, and the number of layers.
std::int64_t describe_common(GgufExchange& values, LanguageModelConfig& config) {
  auto layers = static_cast<std::int64_t>(config.blocks.size());
  values.integer("block_count", layers);
  check(layers <= kMaximumLayers, "GGUF: there must be at most {} layers, got {}", kMaximumLayers, layers);
  values.integer("embedding_length", config.width);
  values.number("attention.layer_norm_rms_epsilon", config.norm_epsilon);
  values.token("tokenizer.ggml.eos_token_id", config.end_of_text);
  if (values.reading()) {
    config.vocabulary = values.weights().shape("token_embd.weight")[0];
    config.tied = !values.weights().contains("output.weight");
  } else {
    values.constant("vocab_size", config.vocabulary);
  }
  return layers;
}

// Where the training length is unknown, readers still ask for one.
void describe_context(GgufExchange& values, LanguageModelConfig& config, std::int64_t unknown) {
  std::int64_t context = config.context > 0 ? config.context : unknown;
  values.integer("context_length", context);
  if (values.reading()) config.context = context == unknown ? 0 : context;
}

void describe_scan(GgufExchange& values, MambaConfig& mamba, std::size_t layer) {
  values.integer("ssm.conv_kernel", mamba.taps);
  values.integer("ssm.inner_size", mamba.inner_width);
  values.integer("ssm.state_size", mamba.states);
  values.integer("ssm.time_step_rank", mamba.delta_rank);
  if (values.reading()) mamba.conv_bias = values.weights().contains(block_tensor(layer, "ssm_conv1d.bias"));
}

constexpr std::int64_t kUnknownMambaContext = std::int64_t{1} << 20;

bool holds_mamba(const LanguageModelConfig& config) {
  const MambaConfig& mamba = config.mixers.mamba;
  return plain(config) && all_blocks(config, {{"mamba", "none"}}) && !mamba.bias &&
         !(mamba.inner_norms && mamba.inner_norm_weights);
}

void describe_mamba(GgufExchange& values, LanguageModelConfig& config) {
  const std::int64_t layers = describe_common(values, config);
  MambaConfig& mamba = config.mixers.mamba;
  if (values.reading()) {
    config.architecture = "mamba";
    config.blocks = repeated({"mamba", "none"}, layers);
  }
  describe_context(values, config, kUnknownMambaContext);
  describe_scan(values, mamba, 0);
  values.optional_boolean("ssm.dt_b_c_rms", mamba.inner_norms);
  if (values.reading() && mamba.inner_norms) {
    config.architecture = "falcon-mamba";
    mamba.inner_norm_weights = false;
    mamba.inner_norm_epsilon = config.norm_epsilon;
  }
  // A key of our own: llama.cpp takes the other norms' epsilon, which is not quite what Falcon Mamba was trained with.
  if (mamba.inner_norms) values.optional_number("ssm.dt_b_c_rms_epsilon", mamba.inner_norm_epsilon);
  values.constant("feed_forward_length", 0);
  values.constant("attention.head_count", 0);
}

bool holds_mamba2(const LanguageModelConfig& config) {
  const Mamba2Config& mamba2 = config.mixers.mamba2;
  return plain(config) && all_blocks(config, {{"mamba2", "none"}}) && !mamba2.bias && !mamba2.d_per_channel &&
         mamba2.rms_norm && !mamba2.norm_before_gate && (mamba2.norm_groups || mamba2.groups == 1) &&
         mamba2.norm_epsilon == config.norm_epsilon && mamba2.delta_limits.minimum <= 0 &&
         mamba2.delta_limits.maximum == StepLimits{}.maximum;
}

void describe_mamba2(GgufExchange& values, LanguageModelConfig& config) {
  const std::int64_t layers = describe_common(values, config);
  Mamba2Config& mamba2 = config.mixers.mamba2;
  if (values.reading()) {
    config.architecture = "mamba2";
    config.blocks = repeated({"mamba2", "none"}, layers);
    mamba2.norm_epsilon = config.norm_epsilon;
  }
  describe_context(values, config, kUnknownMambaContext);
  values.integer("ssm.conv_kernel", mamba2.taps);
  values.integer("ssm.inner_size", mamba2.inner_width);
  values.integer("ssm.state_size", mamba2.states);
  values.integer("ssm.group_count", mamba2.groups);
  std::int64_t heads = values.reading() ? 0 : mamba2.heads();
  values.integer("ssm.time_step_rank", heads);
  if (values.reading()) {
    check(heads > 0 && mamba2.inner_width % heads == 0,
          "GGUF: ssm.inner_size must be a multiple of ssm.time_step_rank, the number of heads, got {} and {}",
          mamba2.inner_width, heads);
    mamba2.head_width = mamba2.inner_width / heads;
    mamba2.conv_bias = values.weights().contains(block_tensor(0, "ssm_conv1d.bias"));
  }
  values.constant("feed_forward_length", 0);
  values.constant("attention.head_count", 0);
}

void describe_feed_forward(GgufExchange& values, LanguageModelConfig& config) {
  values.integer("feed_forward_length", config.channel_mixer.hidden_width);
  MixtureConfig& mixture = config.channel_mixer.mixture;
  const bool experts = std::any_of(config.blocks.begin(), config.blocks.end(),
                                   [](const BlockConfig& block) { return block.channel_mixer == "moe"; });
  if (!experts) return;
  values.integer("expert_count", mixture.experts);
  for (std::size_t i = 0; values.reading() && i < config.blocks.size(); ++i) {
    if (config.blocks[i].channel_mixer != "moe") continue;
    const std::int64_t rows = values.weights().shape(block_tensor(i, "ffn_gate_inp.weight"))[0];
    check(rows == mixture.experts, "GGUF: expert_count is {}, the router of layer {} has {} rows", mixture.experts, i,
          rows);
  }
  values.integer("expert_used_count", mixture.experts_per_token);
}

// Which kind of feed-forward layer a block has, its tensors say.
std::string channel_mixer_at(const GgufExchange& values, std::size_t layer) {
  return values.weights().contains(block_tensor(layer, "ffn_gate_inp.weight")) ? "moe" : "glu";
}

// What the files have for experts, all of ours that can be written.
bool common_experts(const MixtureConfig& mixture, bool renormalise) {
  return mixture.gated && !mixture.router_bias && mixture.overflow == Overflow::none && mixture.hidden_width == 0 &&
         mixture.renormalise == renormalise;
}

bool holds_experts(const LanguageModelConfig& config, bool renormalise) {
  const bool any = std::any_of(config.blocks.begin(), config.blocks.end(),
                               [](const BlockConfig& block) { return block.channel_mixer == "moe"; });
  return config.channel_mixer.activation == Activation::silu && !config.channel_mixer.bias &&
         (!any || common_experts(config.channel_mixer.mixture, renormalise));
}

bool usual_scale(const AttentionConfig& attention) {
  return attention.causal && attention.scale == 0;
}

bool holds_llama(const LanguageModelConfig& config) {
  const AttentionConfig& attention = config.mixers.attention;
  return plain(config) && all_blocks(config, {{"attention", "glu"}, {"attention", "moe"}}) &&
         holds_experts(config, true) && usual_scale(attention) && attention.rope_base > 0 && attention.window == 0 &&
         attention.head_width % 2 == 0;
}

void describe_llama(GgufExchange& values, LanguageModelConfig& config) {
  const std::int64_t layers = describe_common(values, config);
  AttentionConfig& attention = config.mixers.attention;
  if (values.reading()) {
    config.blocks = repeated({"attention", "glu"}, layers);
    for (std::size_t i = 0; i < config.blocks.size(); ++i) config.blocks[i].channel_mixer = channel_mixer_at(values, i);
    config.architecture = layers > 0 && config.blocks[0].channel_mixer == "moe" ? "mixtral" : "transformer";
  }
  describe_context(values, config, 2048);
  describe_feed_forward(values, config);
  values.integer("attention.head_count", attention.heads);
  if (values.reading()) {
    check(attention.heads > 0, "GGUF: attention.head_count must be positive, got {}", attention.heads);
    attention.key_value_heads = attention.heads;
    attention.head_width = config.width / attention.heads;
    attention.rope_base = 10000.0f;
    attention.bias = values.weights().contains("blk.0.attn_q.bias");
    attention.output_bias = values.weights().contains("blk.0.attn_output.bias");
  }
  values.optional_integer("attention.head_count_kv", attention.key_value_heads);
  values.optional_integer("attention.key_length", attention.head_width);
  std::int64_t rotated = attention.head_width, value_width = attention.head_width;
  values.optional_integer("attention.value_length", value_width);
  values.optional_integer("rope.dimension_count", rotated);
  check(rotated == attention.head_width && value_width == attention.head_width,
        "GGUF: rope.dimension_count and attention.value_length must be attention.key_length {}, got {} and {}",
        attention.head_width, rotated, value_width);
  values.optional_number("rope.freq_base", attention.rope_base);
  describe_rotary_scaling(values, attention, config.context > 0 ? config.context : 2048);
}

bool holds_jamba(const LanguageModelConfig& config) {
  const AttentionConfig& attention = config.mixers.attention;
  const MambaConfig& mamba = config.mixers.mamba;
  const bool attends = std::any_of(config.blocks.begin(), config.blocks.end(),
                                   [](const BlockConfig& block) { return block.mixer == "attention"; });
  return plain(config) &&
         all_blocks(config, {{"mamba", "glu"}, {"mamba", "moe"}, {"attention", "glu"}, {"attention", "moe"}}) &&
         holds_experts(config, false) && mamba.inner_norms && mamba.inner_norm_weights &&
         mamba.inner_norm_epsilon == config.norm_epsilon && !mamba.bias &&
         (!attends || (usual_scale(attention) && attention.rope_base == 0 && !attention.bias && attention.window == 0 &&
                       attention.heads * attention.head_width == config.width));
}

void describe_jamba(GgufExchange& values, LanguageModelConfig& config) {
  const std::int64_t layers = describe_common(values, config);
  AttentionConfig& attention = config.mixers.attention;
  MambaConfig& mamba = config.mixers.mamba;
  std::vector<std::int64_t> key_value_heads;
  for (const BlockConfig& block : config.blocks) {
    key_value_heads.push_back(block.mixer == "attention" ? attention.key_value_heads : 0);
  }
  values.integers("attention.head_count_kv", key_value_heads, layers);
  values.integer("attention.head_count", attention.heads);
  if (values.reading()) {
    config.architecture = "jamba";
    check(attention.heads > 0, "GGUF: attention.head_count must be positive, got {}", attention.heads);
    config.blocks = repeated({"mamba", "glu"}, layers);
    for (std::size_t i = 0; i < config.blocks.size(); ++i) {
      config.blocks[i].channel_mixer = channel_mixer_at(values, i);
      if (key_value_heads[i] == 0) continue;
      config.blocks[i].mixer = "attention";
      check(attention.key_value_heads == 0 || attention.key_value_heads == key_value_heads[i],
            "GGUF: attention.head_count_kv must be the same wherever it is not 0, got {} and {}",
            attention.key_value_heads, key_value_heads[i]);
      attention.key_value_heads = key_value_heads[i];
    }
    attention.head_width = config.width / attention.heads;
    attention.rope_base = 0;
    mamba.inner_norms = true;
    mamba.inner_norm_epsilon = config.norm_epsilon;
    config.channel_mixer.mixture.renormalise = false;
  }
  describe_context(values, config, 2048);
  std::size_t first_scan = 0;
  while (first_scan < config.blocks.size() && config.blocks[first_scan].mixer != "mamba") ++first_scan;
  describe_scan(values, mamba, first_scan);
  describe_feed_forward(values, config);
}

constexpr std::array<GgufLayout, 4> kLayouts = {
    {{"llama", holds_llama, describe_llama, kLlamaTensorNames, /*interleaved_rotary=*/true},
     {"mamba", holds_mamba, describe_mamba, kAllMambaNames},
     {"mamba2", holds_mamba2, describe_mamba2, kAllMambaNames, false, /*state_columns=*/true},
     {"jamba", holds_jamba, describe_jamba, kJambaNames}}};

std::string known_architectures() {
  std::string known;
  for (const GgufLayout& layout : kLayouts) known += (known.empty() ? "" : ", ") + std::string(layout.architecture);
  return known;
}

}  // namespace

std::span<const GgufLayout> gguf_layouts() {
  return kLayouts;
}

const GgufLayout& gguf_layout_of(std::string_view architecture) {
  for (const GgufLayout& layout : kLayouts) {
    if (layout.architecture == architecture) return layout;
  }
  fail("GGUF: general.architecture '{}' is not supported; known are {}", architecture, known_architectures());
}

const GgufLayout& gguf_layout_for(const LanguageModelConfig& config) {
  for (const GgufLayout& layout : kLayouts) {
    if (layout.holds(config)) return layout;
  }
  fail("GGUF: no architecture of this format holds such a model ({}); known are {}", config.architecture,
       known_architectures());
}

LanguageModelConfig read_gguf_config(const GgufMetadata& metadata, WeightSource& weights) {
  const GgufLayout& layout = gguf_layout_of(metadata.text("general.architecture"));
  LanguageModelConfig config;
  GgufExchange values(metadata, weights, layout.architecture);
  layout.describe(values, config);
  return config;
}

bool stays_float(std::string_view parameter, const Shape& shape) {
  constexpr std::array<std::string_view, 5> kSmall = {"norm.weight", "conv1d.weight", "dt_proj.weight", "router.weight",
                                                      "positions.weight"};
  return shape.rank() < 2 || !parameter.ends_with(".weight") ||
         std::any_of(kSmall.begin(), kSmall.end(), [&](std::string_view end) { return parameter.ends_with(end); });
}

}  // namespace sequent
