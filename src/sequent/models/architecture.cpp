#include "sequent/models/architecture.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "sequent/base/catalog.h"
#include "sequent/models/language_model.h"
#include "sequent/models/nearest_size.h"

namespace sequent {
namespace {

LanguageModelConfig transformer(const Dimensions& d) {
  return sized(repeated({"attention", "glu"}, layers_of(d)), d);
}

LanguageModelConfig mixtral(const Dimensions& d) {
  return sized(repeated({"attention", "moe"}, layers_of(d)), d);
}

// Twice the layers of a Transformer of that size, because a block has one mixer instead of two.
LanguageModelConfig mamba(const Dimensions& d) {
  return sized(repeated({"mamba", "none"}, layers_of(d, Depth::one_mixer)), d);
}

LanguageModelConfig mamba2(const Dimensions& d) {
  return sized(repeated({"mamba2", "none"}, layers_of(d, Depth::one_mixer)), d);
}

// Values twice as wide as keys, and a gated unit that makes a block about as large as a Transformer's; what torchscale
// starts a model from.
LanguageModelConfig retnet(const Dimensions& d) {
  LanguageModelConfig config = sized(repeated({"retention", "glu"}, layers_of(d)), d);
  config.norm_epsilon = config.mixers.retention.epsilon;
  config.embedding_deviation = 1.0f / std::sqrt(static_cast<float>(config.width));
  ChannelMixerConfig& glu = config.channel_mixer;
  if (d.feed_forward == 0) glu.hidden_width = (4 * config.width / 3 + 7) / 8 * 8;
  glu.activation = Activation::gelu;
  glu.weight_deviation = 1.0f / std::sqrt(3.0f * static_cast<float>(config.width));
  glu.residual_deviation = 1.0f / std::sqrt(3.0f * static_cast<float>(glu.hidden_width));
  return config;
}

// Experts in every second block, decoder only.
LanguageModelConfig switch_transformer(const Dimensions& d) {
  std::vector<BlockConfig> blocks = repeated({"attention", "mlp"}, layers_of(d));
  for (std::size_t i = 1; i < blocks.size(); i += 2) blocks[i].channel_mixer = "moe";
  LanguageModelConfig config = sized(std::move(blocks), d, switch_mixture());
  if (d.feed_forward == 0) config.channel_mixer.hidden_width = 4 * config.width;
  config.channel_mixer.activation = Activation::relu;
  return config;
}

// One layer in eight is attention, the fifth; a shallower model has one in the middle. Every second has experts, whose
// gates are the probabilities as they are.
LanguageModelConfig jamba(const Dimensions& d) {
  std::vector<BlockConfig> blocks = repeated({"mamba", "glu"}, layers_of(d));
  for (std::size_t i = 1; i < blocks.size(); i += 2) blocks[i].channel_mixer = "moe";
  const std::size_t period = std::min<std::size_t>(blocks.size(), 8);
  for (std::size_t i = period / 2; i < blocks.size(); i += period) blocks[i].mixer = "attention";
  MixtureConfig mixture = top_k_mixture();
  mixture.renormalise = false;
  LanguageModelConfig config = sized(std::move(blocks), d, mixture);
  config.norm_epsilon = 1e-6f;
  config.mixers.attention.rope_base = 0;
  config.mixers.mamba.inner_norms = true;
  return config;
}

constexpr std::array kArchitectures = {
    Architecture{"transformer", "decoder-only Transformer in the manner of Llama (Touvron et al., 2023)", transformer},
    Architecture{"mamba", "selective state-space model (Gu and Dao, 2023)", mamba},
    Architecture{"mamba2", "state-space model with matrix products for its scan (Dao and Gu, 2024)", mamba2},
    Architecture{"mixtral", "Transformer with a mixture of experts in every layer (Jiang et al., 2024)", mixtral},
    Architecture{"retnet", "retention, linear attention with a decay per head (Sun et al., 2023)", retnet},
    Architecture{"switch",
                 "Transformer with one of several experts for each token in every second layer (Fedus et al., 2021)",
                 switch_transformer},
    Architecture{"jamba", "Mamba with inner norms, now and then attention, and experts (Lieber et al., 2024)", jamba},
};

LanguageModelConfig preset(const Architecture& architecture, const Dimensions& dimensions) {
  LanguageModelConfig config = architecture.preset(dimensions);
  config.architecture = dimensions.pattern.empty() ? architecture.name : "hybrid";
  return config;
}

}  // namespace

std::span<const Architecture> architectures() {
  return kArchitectures;
}

const Architecture& architecture(std::string_view name) {
  return find_entry("architecture", architectures(), name);
}

LanguageModelConfig new_model_config(std::string_view name, const Dimensions& dimensions) {
  const Architecture& chosen = architecture(name);
  return config_of_nearest_size(
      dimensions, [&](const Dimensions& candidate) { return preset(chosen, candidate); },
      [](const LanguageModelConfig& config) { return count_parameters(config); });
}

}  // namespace sequent
