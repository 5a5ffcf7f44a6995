// The part of a block that works on each token by itself, behind one interface; and the table of those there are.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "sequent/base/fields.h"
#include "sequent/kernels/activation_kind.h"
#include "sequent/nn/parameters.h"

namespace sequent {

class ChannelMixer {
 public:
  virtual ~ChannelMixer() = default;
  /// x: [tokens, width] -> [tokens, width]. Never looks at where sequences begin.
  virtual Var forward(const Var& x) const = 0;
};

struct ChannelMixerConfig {
  std::int64_t hidden_width = 0;
  Activation activation = Activation::silu;
  bool bias = false;
  float weight_deviation = 0.02f;    // of fresh weights
  float residual_deviation = 0.02f;  // of the fresh last layer, which adds to the residual stream

  std::vector<Field> fields();
  void validate() const;
};

struct ChannelMixerEntry {
  std::string_view name;
  std::string_view help;
  /// Null for a block without one.
  std::unique_ptr<ChannelMixer> (*make)(const ChannelMixerConfig&, std::int64_t width, const ParameterScope&);
};

/// All channel mixers, "none" included.
std::span<const ChannelMixerEntry> channel_mixers();
/// The entry of that name; an unknown one is an Error that lists the known ones.
const ChannelMixerEntry& channel_mixer(std::string_view name);

}  // namespace sequent
