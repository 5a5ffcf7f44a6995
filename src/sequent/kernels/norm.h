// What a training step asks of all gradients at once: their norm, and where they stop being numbers.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// sum_i x[i]^2 in double, in a fixed number of pieces: the same for any number of threads.
double sum_of_squares(Cpu, const float* x, std::int64_t count);

/// The smallest i at which x[i] is NaN or infinite; -1 when there is none.
std::int64_t first_non_finite(Cpu, const float* x, std::int64_t count);

}  // namespace sequent::kernels
