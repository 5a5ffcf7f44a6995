// Mamba (Gu and Dao, "Mamba: Linear-time sequence modeling with selective state spaces", 2023, figure 3).
#pragma once

#include "sequent/base/fields.h"
#include "sequent/mixers/mixer.h"
#include "sequent/nn/linear.h"
#include "sequent/nn/norm.h"

namespace sequent {

struct MambaConfig {
  std::int64_t inner_width = 0;  // E, usually 2 * width
  std::int64_t states = 16;      // S, per channel
  std::int64_t taps = 4;         // K, of the convolution
  std::int64_t delta_rank = 0;   // R, usually ceil(width / 16)
  bool bias = false;             // of in_proj and out_proj
  bool conv_bias = true;
  bool inner_norms = false;        // RMSNorm on each of delta, b and c (Lieber et al., "Jamba", 2024)
  bool inner_norm_weights = true;  // else they only normalise (Zuo et al., "Falcon Mamba", 2024)
  float inner_norm_epsilon = 1e-6f;
  // Fresh parameters: softplus(delta bias) is log-uniform in [delta_minimum, delta_maximum], at least delta_floor.
  float delta_minimum = 0.001f;
  float delta_maximum = 0.1f;
  float delta_floor = 1e-4f;
  float residual_factor = 1.0f;  // on a fresh out_proj, usually 1 / sqrt(layers)

  std::vector<Field> fields();
  void validate() const;
};

/// The usual rank for a model of this width.
constexpr std::int64_t automatic_delta_rank(std::int64_t width) {
  return (width + 15) / 16;
}

/// [x | z] = in_proj u,  x = silu(conv(x)),  [delta | b | c] = x_proj x,
/// with inner_norms delta, b and c go through a norm each (parameters dt_layernorm, b_layernorm, c_layernorm,
/// where they have weights),
/// y = selective_scan(x, dt_proj delta, b, c) gated by z,  out = out_proj y.
/// States: "window" [1, K - 1, E] (inputs of the convolution, oldest first) and "scan" [1, E, S].
class Mamba : public SequenceMixer {
 public:
  Mamba(const MambaConfig& config, std::int64_t width, const ParameterScope& scope);

  Var forward(const Var& u, const Segments& segments, std::span<MixerState* const> states = {}) const override;
  MixerState initial_state() const override;
  std::int64_t state_bytes(std::int64_t tokens, std::int64_t element_bytes) const override;
  std::int64_t sequence_flops(std::int64_t tokens) const override;

 private:
  MambaConfig config_;
  Linear in_proj_;
  Var conv_weight_;
  Var conv_bias_;
  Linear x_proj_;
  std::vector<RmsNorm> inner_norms_;  // of delta, b and c, or none
  Linear dt_proj_;
  Var a_log_;
  Var d_;
  Linear out_proj_;
};

}  // namespace sequent
