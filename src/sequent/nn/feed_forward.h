// Feed-forward channel mixers: Mlp and its gated form.
#pragma once

#include "sequent/nn/channel_mixer.h"
#include "sequent/nn/linear.h"

namespace sequent {

/// y = W_down f(W_up x).   Parameters up_proj, down_proj.
class Mlp : public ChannelMixer {
 public:
  Mlp(const ChannelMixerConfig& config, std::int64_t width, const ParameterScope& scope);
  Var forward(const Var& x, const ChannelMixerContext& context = {}) const override;

 private:
  Linear up_;
  Linear down_;
  Activation activation_;
};

/// y = W_down (f(W_gate x) * W_up x) (Shazeer, "GLU variants improve Transformer", 2020, equation 6).
/// Parameters gate_proj, up_proj, down_proj.
class Glu : public ChannelMixer {
 public:
  Glu(const ChannelMixerConfig& config, std::int64_t width, const ParameterScope& scope);
  Var forward(const Var& x, const ChannelMixerContext& context = {}) const override;

 private:
  Linear gate_;
  Linear up_;
  Linear down_;
  Activation activation_;
};

}  // namespace sequent
