// Sums, scaling, dropout and jitter.
#pragma once

#include <cstdint>

#include "sequent/autograd/var.h"

namespace sequent {

/// a + b, same shape.
Var add(const Var& a, const Var& b);

/// factor * x.
Var scale(const Var& x, float factor);

/// Inverted dropout: each element is zeroed with probability `rate` (0 <= rate < 1), the others multiplied by
/// 1 / (1 - rate). The mask is a pure function of (seed, stream), so it is never stored and never depends on
/// threads; rate 0 returns x itself.
Var dropout(const Var& x, float rate, std::uint64_t seed, std::uint64_t stream);

/// x times numbers from [1 - size, 1 + size), each its own, a pure function of (seed, stream); size 0 returns x itself.
Var jitter(const Var& x, float size, std::uint64_t seed, std::uint64_t stream);

}  // namespace sequent
