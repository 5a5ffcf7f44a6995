// Turning neighbouring channels by given cosines and sines; the formula is in kernels/pair_rotation.h.
#pragma once

#include <cstdint>

#include "sequent/autograd/var.h"

namespace sequent {

/// x: [tokens, heads * d], d even   cosines, sines: [tokens, d], constants, the same for every head
Var pair_rotation(const Var& x, const Tensor& cosines, const Tensor& sines, std::int64_t heads);

}  // namespace sequent
