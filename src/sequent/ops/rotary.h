// Rotary position embedding (Su et al., "RoFormer", 2021) in both published conventions.
#pragma once

#include <cstdint>
#include <span>

#include "sequent/autograd/var.h"
#include "sequent/ops/rotary_scaling.h"

namespace sequent {

/// Which channels of a head of width d are pair j < d/2, and by how much a position turns it.
enum class RotaryConvention : std::uint8_t {
  half_split,  // Llama: (x[j], x[j + d/2]) by base^(-2j/d)
  torchscale,  // RetNet as first published: (x[2j], x[2j + 1]) by base^(-j/(d/2 - 1)), from 1 to 1/base inclusive
};

struct RotaryOptions {
  std::int64_t heads;
  float base = 10000.0f;
  RotaryConvention convention = RotaryConvention::half_split;
  RotaryScaling scaling = {};  // half_split only; its score_factor is the caller's to apply
};

/// Each pair of each head is turned by positions[t] times its frequency, as the convention says.
/// x: [tokens, heads * d], d even; positions: one per token. Angles are computed in double.
Var rotary(const Var& x, std::span<const std::int64_t> positions, const RotaryOptions& options);

}  // namespace sequent
