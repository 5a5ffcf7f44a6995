#include "sequent/nn/mixture_config.h"

#include "sequent/base/error.h"

namespace sequent {

MixtureConfig top_k_mixture() {
  MixtureConfig config;
  config.balance_loss = 0.01f;
  return config;
}

MixtureConfig switch_mixture() {
  MixtureConfig config;
  config.experts_per_token = 1;
  config.gated = false;
  config.renormalise = false;
  config.overflow = Overflow::paper;
  config.capacity_factor = 1.25;
  config.jitter = 0.01f;
  config.balance_loss = 0.01f;
  config.auxiliary_form = AuxiliaryForm::per_layer;
  config.variance_scale = 0.1f;
  return config;
}

std::vector<Field> MixtureConfig::fields() {
  return {{"experts", &experts},
          {"experts_per_token", &experts_per_token},
          {"hidden_width", &hidden_width},
          {"gated", &gated},
          {"router_bias", &router_bias},
          {"renormalise", &renormalise},
          {"overflow", choice(overflow, kOverflowNames)},
          {"capacity_factor", &capacity_factor},
          {"eval_capacity_factor", &eval_capacity_factor},
          {"sequence_capacity", &sequence_capacity},
          {"jitter", &jitter},
          {"expert_dropout", &expert_dropout},
          {"balance_loss", &balance_loss},
          {"z_loss", &z_loss},
          {"auxiliary_form", choice(auxiliary_form, kAuxiliaryFormNames)},
          descriptive("variance_scale", &variance_scale)};
}

void MixtureConfig::validate() const {
  const auto not_negative = [](const char* what, auto value) {
    check(value >= 0, "mixture of experts: {} must not be negative, got {}", what, value);
  };
  check(experts > 0, "mixture of experts: experts must be positive, got {}", experts);
  check(experts_per_token > 0 && experts_per_token <= experts,
        "mixture of experts: experts per token must be from 1 to {}, got {}", experts, experts_per_token);
  not_negative("hidden width", hidden_width);
  not_negative("sequence capacity", sequence_capacity);
  not_negative("balance loss", balance_loss);
  not_negative("z-loss", z_loss);
  not_negative("variance scale", variance_scale);
  check(jitter >= 0 && jitter <= 1, "mixture of experts: jitter must be from 0 to 1, got {}", jitter);
  check(expert_dropout >= 0 && expert_dropout < 1,
        "mixture of experts: expert dropout must be at least 0 and below 1, got {}", expert_dropout);
}

}  // namespace sequent
