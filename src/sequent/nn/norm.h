// Normalisation layers.
#pragma once

#include "sequent/nn/parameters.h"

namespace sequent {

/// RMSNorm with parameter "weight" [width], 1 at the start, never decayed.
class RmsNorm {
 public:
  RmsNorm(std::int64_t width, float epsilon, const ParameterScope& scope);
  Var operator()(const Var& x) const;

 private:
  Var weight_;
  float epsilon_;
};

/// LayerNorm with parameters "weight" [width], 1 at the start, and "bias" [width], 0 at the start, neither decayed.
class LayerNorm {
 public:
  LayerNorm(std::int64_t width, float epsilon, const ParameterScope& scope);
  Var operator()(const Var& x) const;

 private:
  Var weight_;
  Var bias_;
  float epsilon_;
};

}  // namespace sequent
