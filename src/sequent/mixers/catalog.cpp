#include "sequent/mixers/catalog.h"

#include <array>

#include "sequent/base/catalog.h"

namespace sequent {
namespace {

template <class Mixer, auto Config>
constexpr MixerEntry entry(std::string_view name, std::string_view help) {
  return {name, help,
          [](const MixerConfigs& configs, std::int64_t width, const ParameterScope& scope) {
            return std::unique_ptr<SequenceMixer>(std::make_unique<Mixer>(configs.*Config, width, scope));
          },
          [](MixerConfigs& configs) { return (configs.*Config).fields(); },
          [](const MixerConfigs& configs) { (configs.*Config).validate(); }};
}

constexpr std::array kMixers = {
    entry<Attention, &MixerConfigs::attention>(
        "attention", "softmax attention with rotary positions; its state grows with the context"),
    entry<Mamba, &MixerConfigs::mamba>("mamba", "selective state space (Mamba); its state has a fixed size"),
    entry<Mamba2, &MixerConfigs::mamba2>(
        "mamba2", "selective state space with one decay per head (Mamba-2); its state has a fixed size"),
    entry<Retention, &MixerConfigs::retention>(
        "retention",
        "multi-scale retention (RetNet), linear attention with a decay per head; its state has a fixed size"),
};

}  // namespace

std::span<const MixerEntry> mixers() {
  return kMixers;
}

const MixerEntry& mixer(std::string_view name) {
  return find_entry("mixer", mixers(), name);
}

}  // namespace sequent
