#include "sequent/nn/linear.h"

#include "sequent/ops/linear.h"

namespace sequent {

Linear::Linear(std::int64_t inputs, std::int64_t outputs, const Options& options, const ParameterScope& scope)
    : weight_(scope.matrix("weight", {outputs, inputs}, options.weight)) {
  if (options.bias) bias_ = scope.parameter("bias", {outputs}, options.bias_start, /*decay=*/false);
}

Var Linear::operator()(const Var& x) const {
  return linear(x, weight_, bias_);
}

Var Linear::outputs(const Var& x, std::int64_t begin, std::int64_t end) const {
  return linear(x, weight_.leaf_rows(begin, end), bias_.defined() ? bias_.leaf_rows(begin, end) : Var());
}

}  // namespace sequent
