#include "sequent/nn/norm.h"

#include "sequent/ops/rms_norm.h"

namespace sequent {

RmsNorm::RmsNorm(std::int64_t width, float epsilon, const ParameterScope& scope)
    : weight_(scope.parameter("weight", {width}, initialize::constant(1.0f), /*decay=*/false)), epsilon_(epsilon) {}

Var RmsNorm::operator()(const Var& x) const {
  return rms_norm(x, weight_, epsilon_);
}

}  // namespace sequent
