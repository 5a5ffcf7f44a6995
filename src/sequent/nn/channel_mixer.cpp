#include "sequent/nn/channel_mixer.h"

#include <array>

#include "sequent/base/catalog.h"
#include "sequent/nn/feed_forward.h"
#include "sequent/nn/mixture_of_experts.h"

namespace sequent {
namespace {

template <class Mixer>
std::unique_ptr<ChannelMixer> make(const ChannelMixerConfig& config, std::int64_t width, const ParameterScope& scope) {
  return std::make_unique<Mixer>(config, width, scope);
}

std::unique_ptr<ChannelMixer> make_none(const ChannelMixerConfig&, std::int64_t, const ParameterScope&) {
  return nullptr;
}

constexpr std::array<ChannelMixerEntry, 4> kChannelMixers = {{
    {"none", "no channel mixer: the block is its sequence mixer alone", make_none},
    {"mlp", "two layers with a pointwise non-linearity between them", make<Mlp>},
    {"glu", "gated linear unit (SwiGLU with silu): three matrices", make<Glu>},
    {"moe", "mixture of experts: a router sends each token to a few of many feed-forward layers",
     make<MixtureOfExperts>},
}};

}  // namespace

std::vector<Field> ChannelMixerConfig::fields() {
  return {{"hidden_width", &hidden_width},
          {"activation", choice(activation, kActivationNames)},
          {"bias", &bias},
          descriptive("weight_deviation", &weight_deviation),
          descriptive("residual_deviation", &residual_deviation)};
}

void ChannelMixerConfig::validate() const {
  check(hidden_width > 0, "model: feed-forward width must be positive, got {}", hidden_width);
}

std::span<const ChannelMixerEntry> channel_mixers() {
  return kChannelMixers;
}

const ChannelMixerEntry& channel_mixer(std::string_view name) {
  return find_entry("channel mixer", channel_mixers(), name);
}

}  // namespace sequent
