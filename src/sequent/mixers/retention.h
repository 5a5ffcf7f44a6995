// Multi-scale retention (Sun et al., "Retentive Network: A successor to Transformer for large language models", 2023,
// sections 2.1 and 2.2), in both published conventions.
#pragma once

#include "sequent/base/fields.h"
#include "sequent/mixers/mixer.h"
#include "sequent/nn/linear.h"
#include "sequent/ops/rotary.h"

namespace sequent {

/// By what o_n is divided before the head norm. The norm takes every positive factor out again, except from its
/// epsilon: RMS(o / t; epsilon) = RMS(o; epsilon t^2).
enum class RetentionNormalisation : std::uint8_t {
  none,                 // flash-linear-attention
  canonical,            // sqrt(s_n) with s_n = sum_{j <= n} gamma^j: torchscale's recurrent form, here in all forms
  torchscale_parallel,  // sqrt(s_n) c_n with c_n = min(max(sum_m |weight of m|, 1), 5e4): torchscale's parallel form,
                        // which needs every token at once
};

struct RetentionConfig {
  std::int64_t heads = 0;
  std::int64_t key_value_heads = 0;  // divides heads; each serves heads / key_value_heads consecutive heads
  std::int64_t key_width = 0;        // per head, even
  std::int64_t value_width = 0;      // per head
  RotaryConvention rotation = RotaryConvention::torchscale;
  RetentionNormalisation normalisation = RetentionNormalisation::canonical;
  bool head_weight = false;  // the head norm has a weight, the same for every head
  float epsilon = 1e-6f;     // of the head norm
  // Fresh weights are Xavier-uniform with these gains.
  float projection_gain = 0.1767767f;  // 2^-2.5
  float residual_gain = 0.5f;          // of o_proj

  std::vector<Field> fields();
  void validate() const;
};

/// With q and k rotated by position, gamma_h = 1 - 2^(-5 - h), and t_n the normalisation:
///   S_n = gamma_h S_{n-1} + k_n v_n^T,   o_n = q_n S_n / (sqrt(key_width) t_n),
///   out = o_proj(RMS(o_n of each head) * silu(g_proj x))
/// Parameters q_proj, k_proj, v_proj, g_proj, o_proj and, with head_weight, head_norm.
/// State: "retention" [1, heads, key_width, value_width], S_n, whatever the normalisation.
class Retention : public SequenceMixer {
 public:
  Retention(const RetentionConfig& config, std::int64_t width, const ParameterScope& scope);

  /// With states, torchscale_parallel is an Error.
  Var forward(const Var& x, const Segments& segments, std::span<MixerState* const> states = {}) const override;
  MixerState initial_state() const override;
  std::int64_t state_bytes(std::int64_t tokens, std::int64_t element_bytes) const override;
  std::int64_t sequence_flops(std::int64_t tokens) const override;

 private:
  Tensor epsilon_scales(const Tensor& q, const Tensor& k, std::span<const std::int64_t> positions,
                        const Segments& segments) const;

  RetentionConfig config_;
  Linear q_proj_;
  Linear k_proj_;
  Linear v_proj_;
  Linear g_proj_;
  Linear o_proj_;
  Var head_weight_;  // [value_width], or undefined
  Tensor rate_;      // [heads], ln gamma_h
};

}  // namespace sequent
