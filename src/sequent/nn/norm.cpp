#include "sequent/nn/norm.h"

#include "sequent/ops/layer_norm.h"
#include "sequent/ops/rms_norm.h"

namespace sequent {

RmsNorm::RmsNorm(std::int64_t width, float epsilon, const ParameterScope& scope)
    : weight_(scope.parameter("weight", {width}, initialize::constant(1.0f), /*decay=*/false)), epsilon_(epsilon) {}

RmsNorm::RmsNorm(std::int64_t width, float epsilon) : weight_(Tensor::full({width}, 1.0f)), epsilon_(epsilon) {}

Var RmsNorm::operator()(const Var& x) const {
  return rms_norm(x, weight_, epsilon_);
}

LayerNorm::LayerNorm(std::int64_t width, float epsilon, const ParameterScope& scope)
    : weight_(scope.parameter("weight", {width}, initialize::constant(1.0f), /*decay=*/false)),
      bias_(scope.parameter("bias", {width}, initialize::constant(0.0f), /*decay=*/false)),
      epsilon_(epsilon) {}

Var LayerNorm::operator()(const Var& x) const {
  return layer_norm(x, weight_, bias_, epsilon_);
}

Norm::Norm(NormKind kind, std::int64_t width, float epsilon, const ParameterScope& scope)
    : norm_(kind == NormKind::rms_norm ? std::variant<RmsNorm, LayerNorm>(RmsNorm(width, epsilon, scope))
                                       : LayerNorm(width, epsilon, scope)) {}

Var Norm::operator()(const Var& x) const {
  return std::visit([&](const auto& norm) { return norm(x); }, norm_);
}

}  // namespace sequent
