// Linear: y = x W^T + b.
#pragma once

#include "sequent/nn/parameters.h"

namespace sequent {

class Linear {
 public:
  struct Options {
    bool bias = false;
    Initializer weight;  // required
    Initializer bias_start = initialize::constant(0.0f);
  };

  /// Parameters "weight" [outputs, inputs], which may stay as it is stored, and, with `bias`, "bias" [outputs].
  Linear(std::int64_t inputs, std::int64_t outputs, const Options& options, const ParameterScope& scope);

  /// x: [tokens, inputs] -> [tokens, outputs]
  Var operator()(const Var& x) const;

  /// Outputs [begin, end) alone: a layer that makes several things at once is cut without copying its result.
  Var outputs(const Var& x, std::int64_t begin, std::int64_t end) const;

  const Var& weight() const { return weight_; }
  const Var& bias() const { return bias_; }

 private:
  Var weight_;
  Var bias_;
};

}  // namespace sequent
