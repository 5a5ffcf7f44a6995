// What decides the shape and the policies of a mixture of experts.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sequent/base/fields.h"

namespace sequent {

/// What happens to a token whose expert is full.
enum class Overflow : std::uint8_t {
  none,   // no expert is ever full (Mixtral, Jamba)
  paper,  // capacity by a factor over all tokens of the pass; the token goes on in the residual stream alone (Fedus et
          // al., 2021, equation 3)
  hf_v4,  // a fixed capacity for each sequence, in evaluation too; the expert is replaced by the identity
};

inline constexpr std::array<std::string_view, 3> kOverflowNames = {"none", "paper", "hf_v4"};

/// Over what the auxiliary losses are formed.
enum class AuxiliaryForm : std::uint8_t {
  per_layer,            // each layer for itself, then summed (Fedus et al., 2021, equation 4)
  pooled,               // once, over the tokens of all layers together (Mixtral, Jamba)
  pooled_per_sequence,  // for each sequence over all layers, then the mean (SwitchTransformers of transformers)
};

inline constexpr std::array<std::string_view, 3> kAuxiliaryFormNames = {"per_layer", "pooled", "pooled_per_sequence"};

struct MixtureConfig {
  std::int64_t experts = 8;
  std::int64_t experts_per_token = 2;
  std::int64_t hidden_width = 0;  // of an expert; 0: hidden_width of the ChannelMixerConfig
  bool gated = true;              // the experts are Glu, otherwise Mlp
  bool router_bias = false;
  bool renormalise = true;  // gates are the chosen probabilities divided by their sum
  Overflow overflow = Overflow::none;
  double capacity_factor = -1;          // paper, in training; negative: no limit
  double eval_capacity_factor = -1;     // paper, otherwise; a limit makes what a token gets depend on its company
  std::int64_t sequence_capacity = 64;  // hf_v4
  float jitter = 0.0f;  // in training the router, and it alone, sees x times numbers from 1 - jitter to 1 + jitter
  float expert_dropout = 0.0f;  // in training, inside the experts
  float balance_loss = 0.0f;    // coefficients of the auxiliary losses
  float z_loss = 0.0f;
  AuxiliaryForm auxiliary_form = AuxiliaryForm::pooled;
  float variance_scale = 0.0f;  // positive: fresh weights are truncated normal of this variance times 1/inputs

  std::vector<Field> fields();
  /// Throws unless every value is in its range.
  void validate() const;
};

/// As in Mixtral: two experts of eight for each token, gated, nothing dropped, a little balance loss.
MixtureConfig top_k_mixture();
/// As in the Switch Transformer: one expert of eight with ReLU, capacity factor 1.25 in training.
MixtureConfig switch_mixture();

}  // namespace sequent
