#include "sequent/mixers/catalog.h"

#include <array>

#include "sequent/base/catalog.h"

namespace sequent {
namespace {

template <class Mixer, auto Config>
std::unique_ptr<SequenceMixer> make(const MixerConfigs& configs, std::int64_t width, const ParameterScope& scope) {
  return std::make_unique<Mixer>(configs.*Config, width, scope);
}

constexpr std::array<MixerEntry, 2> kMixers = {{
    {"attention", "softmax attention with rotary positions; its state grows with the context",
     make<Attention, &MixerConfigs::attention>},
    {"mamba", "selective state space (Mamba); its state has a fixed size", make<Mamba, &MixerConfigs::mamba>},
}};

}  // namespace

std::span<const MixerEntry> mixers() {
  return kMixers;
}

const MixerEntry& mixer(std::string_view name) {
  return find_entry("mixer", mixers(), name);
}

}  // namespace sequent
