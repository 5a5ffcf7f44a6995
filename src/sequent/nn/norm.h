// Normalisation layers.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

#include "sequent/nn/parameters.h"

namespace sequent {

/// RMSNorm with parameter "weight" [width], 1 at the start, never decayed.
class RmsNorm {
 public:
  RmsNorm(std::int64_t width, float epsilon, const ParameterScope& scope);
  /// Without parameter: the weight is 1.
  RmsNorm(std::int64_t width, float epsilon);
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

enum class NormKind : std::uint8_t { rms_norm, layer_norm };
inline constexpr std::array<std::string_view, 2> kNormNames = {"rms_norm", "layer_norm"};

/// One of them.
class Norm {
 public:
  Norm(NormKind kind, std::int64_t width, float epsilon, const ParameterScope& scope);
  Var operator()(const Var& x) const;

 private:
  std::variant<RmsNorm, LayerNorm> norm_;
};

}  // namespace sequent
