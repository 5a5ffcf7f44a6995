#include "sequent/models/dimensions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "sequent/base/catalog.h"
#include "sequent/base/error.h"
#include "sequent/models/pattern.h"

namespace sequent {
namespace {

// The layers that add to the residual stream start smaller the more there are (Radford et al., 2019): by this factor.
float residual_divisor(const LanguageModelConfig& config) {
  std::int64_t additions = 0;
  for (const BlockConfig& block : config.blocks) additions += block.channel_mixer == "none" ? 1 : 2;
  return std::sqrt(static_cast<float>(std::max<std::int64_t>(additions, 1)));
}

// Heads of about 32 channels in small models and 64 in larger ones, of even width, dividing the width.
std::int64_t heads_for(std::int64_t width) {
  std::int64_t heads = std::max<std::int64_t>(1, width / (width <= 256 ? 32 : 64));
  while (heads > 1 && width % (2 * heads) != 0) --heads;
  return heads;
}

void size_attention(LanguageModelConfig& config, const Dimensions& d) {
  AttentionConfig& attention = config.mixers.attention;
  attention.heads = d.heads > 0 ? d.heads : heads_for(config.width);
  check(config.width % attention.heads == 0, "attention: heads must divide the width, got {} and {}", attention.heads,
        config.width);
  attention.key_value_heads = d.key_value_heads > 0 ? d.key_value_heads : attention.heads;
  attention.head_width = config.width / attention.heads;
  attention.residual_deviation = attention.weight_deviation / residual_divisor(config);
}

void size_mamba(LanguageModelConfig& config, const Dimensions& d) {
  MambaConfig& mamba = config.mixers.mamba;
  mamba.inner_width = 2 * config.width;
  mamba.states = d.state > 0 ? d.state : 16;
  mamba.delta_rank = automatic_delta_rank(config.width);
  mamba.residual_factor = 1.0f / residual_divisor(config);
}

void size_mamba2(LanguageModelConfig& config, const Dimensions& d) {
  Mamba2Config& mamba2 = config.mixers.mamba2;
  mamba2.inner_width = 2 * config.width;
  const std::int64_t heads = d.heads > 0 ? d.heads : heads_for(mamba2.inner_width);
  check(mamba2.inner_width % heads == 0, "mamba2: heads must divide the inner width, got {} and {}", heads,
        mamba2.inner_width);
  mamba2.head_width = mamba2.inner_width / heads;
  mamba2.states = d.state > 0 ? d.state : config.width <= 256 ? 64 : 128;
  mamba2.residual_factor = 1.0f / residual_divisor(config);
}

void size_retention(LanguageModelConfig& config, const Dimensions& d) {
  RetentionConfig& retention = config.mixers.retention;
  retention.heads = d.heads > 0 ? d.heads : heads_for(config.width);
  check(config.width % retention.heads == 0, "retention: heads must divide the width, got {} and {}", retention.heads,
        config.width);
  retention.key_value_heads = d.key_value_heads > 0 ? d.key_value_heads : retention.heads;
  retention.key_width = config.width / retention.heads;
  retention.value_width = 2 * retention.key_width;
}

void size_channel_mixer(LanguageModelConfig& config, const Dimensions& d) {
  ChannelMixerConfig& channel_mixer = config.channel_mixer;
  // Three matrices of 8/3 width have the size of the classical two of 4 width.
  channel_mixer.hidden_width = d.feed_forward > 0 ? d.feed_forward : (8 * config.width / 3 + 7) / 8 * 8;
  channel_mixer.residual_deviation = channel_mixer.weight_deviation / residual_divisor(config);
}

struct Sizes {
  std::string_view name;  // of mixers()
  void (*set)(LanguageModelConfig&, const Dimensions&);
};

constexpr std::array<Sizes, 4> kSizes = {{{"attention", size_attention},
                                          {"mamba", size_mamba},
                                          {"mamba2", size_mamba2},
                                          {"retention", size_retention}}};

}  // namespace

void size_mixture(MixtureConfig& mixture, const Dimensions& d) {
  if (d.experts > 0) mixture.experts = d.experts;
  if (d.experts_per_token > 0) mixture.experts_per_token = d.experts_per_token;
  // The gate of a single choice would always be 1, and the router would learn nothing from the text.
  if (mixture.experts_per_token == 1) mixture.renormalise = false;
  if (d.capacity_factor > 0 || d.eval_capacity_factor > 0) mixture.overflow = Overflow::paper;
  const auto limit = [](double asked, double& factor) {
    if (asked >= 0) factor = asked > 0 ? asked : -1;
  };
  limit(d.capacity_factor, mixture.capacity_factor);
  limit(d.eval_capacity_factor, mixture.eval_capacity_factor);
  const auto set = [](double asked, float& value) {
    if (asked >= 0) value = static_cast<float>(asked);
  };
  set(d.balance_loss, mixture.balance_loss);
  set(d.router_z_loss, mixture.z_loss);
  set(d.jitter, mixture.jitter);
  set(d.expert_dropout, mixture.expert_dropout);
}

std::int64_t layers_of(const Dimensions& d, Depth depth) {
  if (d.layers > 0) return d.layers;
  const bool one = depth == Depth::one_mixer;
  return d.parameters <= 2'000'000    ? (one ? 6 : 4)
         : d.parameters <= 10'000'000 ? (one ? 10 : 6)
         : d.parameters <= 40'000'000 ? (one ? 16 : 8)
                                      : (one ? 24 : 12);
}

LanguageModelConfig sized(std::vector<BlockConfig> blocks, const Dimensions& d, const MixtureConfig& mixture) {
  LanguageModelConfig config;
  config.vocabulary = d.vocabulary;
  config.width = d.width > 0 ? d.width : 128;
  config.context = d.context;
  config.end_of_text = d.end_of_text;
  config.blocks = d.pattern.empty() ? std::move(blocks) : parse_pattern(d.pattern, d.layers);
  for (const Sizes& sizes : kSizes) {
    const auto uses = [&](const BlockConfig& block) { return block.mixer == sizes.name; };
    if (std::any_of(config.blocks.begin(), config.blocks.end(), uses)) sizes.set(config, d);
  }
  size_channel_mixer(config, d);
  config.channel_mixer.mixture = mixture;
  size_mixture(config.channel_mixer.mixture, d);
  return config;
}

}  // namespace sequent
