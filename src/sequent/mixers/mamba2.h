// Mamba-2 (Dao and Gu, "Transformers are SSMs: Generalized models and efficient algorithms through structured state
// space duality", 2024, section 7).
#pragma once

#include "sequent/base/fields.h"
#include "sequent/mixers/mixer.h"
#include "sequent/nn/linear.h"
#include "sequent/ops/discretization.h"

namespace sequent {

struct Mamba2Config {
  std::int64_t inner_width = 0;  // E, usually 2 * width
  std::int64_t head_width = 64;  // P; E / P heads
  std::int64_t groups = 1;       // G, of heads that share b and c
  std::int64_t states = 128;     // S, of b and c
  std::int64_t taps = 4;         // K, of the convolution
  StepLimits delta_limits = {};
  bool d_per_channel = false;     // a skip weight per channel instead of per head
  bool rms_norm = true;           // normalise the output; otherwise it is only gated
  bool norm_before_gate = false;  // otherwise after it
  bool norm_groups = true;  // normalise each group of channels by itself; false: all together, as transformers does
  float norm_epsilon = 1e-5f;
  bool bias = false;  // of in_proj and out_proj
  bool conv_bias = true;
  // Fresh parameters: softplus(delta bias) is log-uniform in [delta_minimum, delta_maximum], at least delta_floor; the
  // rates are uniform in [rate_minimum, rate_maximum].
  float delta_minimum = 0.001f;
  float delta_maximum = 0.1f;
  float delta_floor = 1e-4f;
  float rate_minimum = 1.0f;
  float rate_maximum = 16.0f;
  float residual_factor = 1.0f;  // on a fresh out_proj, usually 1 / sqrt(layers)

  std::vector<Field> fields();
  void validate() const;
  std::int64_t heads() const { return inner_width / head_width; }
  std::int64_t conv_width() const { return inner_width + 2 * groups * states; }
};

/// [z | x b c | delta] = in_proj u,  [x | b | c] = silu(conv(x b c)),
/// y = state_space_duality(x, b, c, clamp(softplus(delta + dt_bias))) with decay -exp(A_log) and skip D,
/// out = out_proj of y, gated by z and normalised.
/// States: "window" [1, K - 1, E + 2 G S] (inputs of the convolution, oldest first) and "scan" [1, heads, S, P].
class Mamba2 : public SequenceMixer {
 public:
  Mamba2(const Mamba2Config& config, std::int64_t width, const ParameterScope& scope);

  Var forward(const Var& u, const Segments& segments, std::span<MixerState* const> states = {}) const override;
  MixerState initial_state() const override;
  std::int64_t state_bytes(std::int64_t tokens, std::int64_t element_bytes) const override;
  std::int64_t sequence_flops(std::int64_t tokens) const override;

 private:
  Var gate_and_norm(const Var& y, const Var& z) const;

  Mamba2Config config_;
  Linear in_proj_;
  Var conv_weight_;
  Var conv_bias_;
  Var dt_bias_;
  Var a_log_;
  Var d_;
  Var norm_weight_;
  Linear out_proj_;
};

}  // namespace sequent
