// A mixture of experts as a channel mixer: Switch (one expert for each token, with a capacity), Mixtral and Jamba (the
// best few, without), by configuration. See docs/mixture_of_experts.md.
#pragma once

#include "sequent/nn/channel_mixer.h"
#include "sequent/nn/linear.h"
#include "sequent/ops/experts.h"

namespace sequent {

/// With p = softmax(W_router x), over all experts and in float32, and T the experts_per_token largest of them:
///   y = sum over e in T of g_e Expert_e(x),   g = p, or with `renormalise` p / sum over T of p
/// (Shazeer et al., "Outrageously large neural networks: the sparsely-gated mixture-of-experts layer", 2017, equation
/// 1; Fedus et al., "Switch Transformers", 2021, equation 2). Parameters router.weight [experts, width], router.bias
/// [experts] with router_bias, and those of a Glu or an Mlp without biases for each expert: experts.K.up_proj.weight
/// ...
class MixtureOfExperts : public ChannelMixer {
 public:
  MixtureOfExperts(const ChannelMixerConfig& config, std::int64_t width, const ParameterScope& scope);
  Var forward(const Var& x, const ChannelMixerContext& context = {}) const override;
  std::int64_t inactive_parameters() const override;

 private:
  Var logits_of(const Var& x, const ChannelMixerContext& context) const;
  ExpertDispatch dispatch_of(const Tensor& choices, const ChannelMixerContext& context) const;

  MixtureConfig config_;
  Activation activation_;
  Linear router_;
  ExpertWeights experts_;
};

}  // namespace sequent
