// Rotary position embedding (Su et al., "RoFormer", 2021) in the half-split convention of Llama.
#pragma once

#include <cstdint>
#include <span>

#include "sequent/autograd/var.h"

namespace sequent {

struct RotaryOptions {
  std::int64_t heads;
  float base = 10000.0f;
};

/// For each head of width d and j < d/2, the pair (x[j], x[j + d/2]) is turned by positions[t] * base^(-2j/d).
/// x: [tokens, heads * d], d even; positions: one per token. Angles are computed in double.
Var rotary(const Var& x, std::span<const std::int64_t> positions, const RotaryOptions& options);

}  // namespace sequent
