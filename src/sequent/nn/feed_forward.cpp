#include "sequent/nn/feed_forward.h"

#include "sequent/ops/activation.h"
#include "sequent/ops/linear.h"

namespace sequent {
namespace {

Linear up_projection(const ChannelMixerConfig& config, std::int64_t width, const ParameterScope& scope) {
  return {
      width, config.hidden_width, {.bias = config.bias, .weight = initialize::normal(config.weight_deviation)}, scope};
}

Linear down_projection(const ChannelMixerConfig& config, std::int64_t width, const ParameterScope& scope) {
  return {config.hidden_width,
          width,
          {.bias = config.bias, .weight = initialize::normal(config.residual_deviation)},
          scope};
}

}  // namespace

Mlp::Mlp(const ChannelMixerConfig& config, std::int64_t width, const ParameterScope& scope)
    : up_(up_projection(config, width, scope("up_proj"))),
      down_(down_projection(config, width, scope("down_proj"))),
      activation_(config.activation) {}

Var Mlp::forward(const Var& x, const ChannelMixerContext&) const {
  return linear_of_activation(up_(x), activation_, down_.weight(), down_.bias());
}

Glu::Glu(const ChannelMixerConfig& config, std::int64_t width, const ParameterScope& scope)
    : gate_(up_projection(config, width, scope("gate_proj"))),
      up_(up_projection(config, width, scope("up_proj"))),
      down_(down_projection(config, width, scope("down_proj"))),
      activation_(config.activation) {}

Var Glu::forward(const Var& x, const ChannelMixerContext&) const {
  return down_(gated(gate_(x), up_(x), activation_));
}

}  // namespace sequent
