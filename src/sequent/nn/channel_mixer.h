// The part of a block that works on each token by itself, behind one interface; and the table of those there are.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "sequent/base/fields.h"
#include "sequent/kernels/activation_kind.h"
#include "sequent/nn/mixture_config.h"
#include "sequent/nn/parameters.h"
#include "sequent/nn/routing.h"

namespace sequent {

/// What a forward pass tells its channel mixers. All but layers of experts ignore it.
struct ChannelMixerContext {
  /// Training: capacities of training, jitter and dropout inside apply.
  bool training = false;
  /// Of the random numbers of this step and layer: streams `stream` and after.
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
  /// Where the sequences begin; null: they are one. Only the overflow policy that counts by sequence asks.
  const Segments* segments = nullptr;
  /// What layers with a router leave behind is appended here unless null.
  std::vector<Routing>* routing = nullptr;
};

class ChannelMixer {
 public:
  virtual ~ChannelMixer() = default;
  /// x: [tokens, width] -> [tokens, width].
  virtual Var forward(const Var& x, const ChannelMixerContext& context = {}) const = 0;
  /// Parameters that take no part in one token: those of the experts it is not sent to.
  virtual std::int64_t inactive_parameters() const { return 0; }
};

struct ChannelMixerConfig {
  std::int64_t hidden_width = 0;
  Activation activation = Activation::silu;
  bool bias = false;
  float weight_deviation = 0.02f;    // of fresh weights
  float residual_deviation = 0.02f;  // of the fresh last layer, which adds to the residual stream
  MixtureConfig mixture = {};        // of a mixture of experts

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
