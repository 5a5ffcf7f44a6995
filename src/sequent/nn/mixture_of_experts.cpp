#include "sequent/nn/mixture_of_experts.h"

#include <algorithm>
#include <cmath>

#include "sequent/autograd/product_precision.h"
#include "sequent/base/error.h"
#include "sequent/ops/elementwise.h"
#include "sequent/ops/router.h"

namespace sequent {
namespace {

MixtureConfig checked(const ChannelMixerConfig& config) {
  MixtureConfig mixture = config.mixture;
  mixture.validate();
  if (mixture.hidden_width == 0) mixture.hidden_width = config.hidden_width;
  check(mixture.hidden_width > 0, "mixture of experts: hidden width must be positive, got {}", mixture.hidden_width);
  check(!config.bias, "mixture of experts: experts have no biases");
  return mixture;
}

Initializer initializer_of(const MixtureConfig& mixture, std::int64_t inputs, float deviation) {
  if (mixture.variance_scale == 0) return initialize::normal(deviation);
  return initialize::truncated_normal(std::sqrt(mixture.variance_scale / static_cast<float>(inputs)));
}

}  // namespace

MixtureOfExperts::MixtureOfExperts(const ChannelMixerConfig& config, std::int64_t width, const ParameterScope& scope)
    : config_(checked(config)),
      activation_(config.activation),
      router_(width, config_.experts,
              {.bias = config_.router_bias, .weight = initializer_of(config_, width, config.weight_deviation)},
              scope("router")) {
  const std::int64_t hidden = config_.hidden_width;
  for (std::int64_t e = 0; e < config_.experts; ++e) {
    const auto weight = [&](const char* name, std::int64_t outputs, std::int64_t inputs, float deviation) {
      return scope("experts")(e)(name).parameter("weight", {outputs, inputs},
                                                 initializer_of(config_, inputs, deviation), /*decay=*/true);
    };
    if (config_.gated) experts_.gate.push_back(weight("gate_proj", hidden, width, config.weight_deviation));
    experts_.up.push_back(weight("up_proj", hidden, width, config.weight_deviation));
    experts_.down.push_back(weight("down_proj", width, hidden, config.residual_deviation));
  }
}

ExpertDispatch MixtureOfExperts::dispatch_of(const Tensor& choices, const ChannelMixerContext& context) const {
  const Segments whole = Segments::single(choices.size(0));
  switch (config_.overflow) {
    case Overflow::paper: {
      const double factor = context.training ? config_.capacity_factor : config_.eval_capacity_factor;
      const double even = static_cast<double>(choices.elements()) / static_cast<double>(config_.experts);
      const double most = static_cast<double>(choices.elements());
      const double capacity = factor < 0 ? most : std::min(std::ceil(even * factor), most);
      return dispatch(choices, config_.experts, static_cast<std::int64_t>(capacity), whole);
    }
    case Overflow::hf_v4:
      return dispatch(choices, config_.experts, config_.sequence_capacity,
                      context.segments ? *context.segments : whole);
    case Overflow::none:
      break;
  }
  return dispatch(choices, config_.experts, choices.elements(), whole);
}

Var MixtureOfExperts::logits_of(const Var& x, const ChannelMixerContext& context) const {
  // In float32 whatever the experts are computed in: a choice must not hang on rounding (Fedus et al., 2021, section
  // 2.4). The noise is the router's alone: the experts see x itself.
  const ProductPrecisionScope scope(ProductPrecision::float32);
  return router_(context.training ? jitter(x, config_.jitter, context.seed, context.stream) : x);
}

Var MixtureOfExperts::forward(const Var& x, const ChannelMixerContext& context) const {
  const Var logits = logits_of(x, context);
  const Routes routes = route(logits, config_.experts_per_token, config_.renormalise);
  const ExpertDispatch rows = dispatch_of(routes.choices, context);
  if (context.routing)
    context.routing->push_back({.logits = logits, .choices = routes.choices, .dropped = rows.dropped});
  return experts(x, routes.weights, rows, experts_,
                 {.activation = activation_,
                  .dropout = context.training ? config_.expert_dropout : 0.0f,
                  .seed = context.seed,
                  .stream = context.stream + 1,
                  .identity_of_dropped = config_.overflow == Overflow::hf_v4});
}

std::int64_t MixtureOfExperts::inactive_parameters() const {
  const std::int64_t matrices = config_.gated ? 3 : 2;
  const std::int64_t of_expert = matrices * experts_.up.front().value().elements();
  return (config_.experts - config_.experts_per_token) * of_expert;
}

}  // namespace sequent
