// What layers of experts leave behind in a forward pass: from it come the auxiliary losses and the report of load.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sequent/autograd/var.h"
#include "sequent/nn/mixture_config.h"
#include "sequent/tensor/segments.h"

namespace sequent {

/// How one layer sent the tokens of one pass to its experts.
struct Routing {
  std::int64_t layer = 0;    // the block; set by the model
  Var logits;                // of the router, [tokens, experts]
  Tensor choices;            // [tokens, experts per token], i32: experts by falling probability
  std::int64_t dropped = 0;  // of these choices, those that found their expert full
};

/// balance_loss * L_balance + z_loss * L_z of the layers, as config.auxiliary_form says (see
/// docs/mixture_of_experts.md); undefined when there is no layer or both coefficients are 0. `segments` are the
/// sequences of the pass.
Var routing_loss(std::span<const Routing> layers, const MixtureConfig& config, const Segments& segments);

/// The load of one layer of experts.
struct ExpertLoad {
  std::int64_t layer = 0;
  std::vector<double> share = {};  // of the choices, per expert; dropped ones count for the expert that was full
  double drop_rate = 0;
  double entropy = 0;  // mean over tokens of that of the router's distribution, nats
};

std::vector<ExpertLoad> expert_loads(std::span<const Routing> layers);

}  // namespace sequent
