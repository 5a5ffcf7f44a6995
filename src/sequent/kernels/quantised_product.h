// The product of few rows of activations with a quantised weight, in integers: C = A W^T + beta C, as a step of
// decoding needs it. The time is that of reading W where memory is slow enough.
//
// The activations become integers of 16 bits, a = s n with one s for each group of values that share a scale in W (32,
// or 16 in q6_k): the rounding is at most max|a| / 65534 over the group, a quarter of half precision's at its largest.
// What follows is exact but for the rounding of float sums.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"
#include "sequent/kernels/stored_product.h"

namespace sequent::kernels {

/// Rows of A for which this is the faster way, which stored_product() then takes.
constexpr std::int64_t kMostQuantisedRows = 4;

/// Floats of scratch that such a product needs.
std::int64_t quantised_product_scratch(std::int64_t rows, std::int64_t inner);

/// A row's numbers depend neither on the other rows nor on the number of threads. A value of A that is not finite makes
/// its row of C NaN.
/// `args.type` must be one of the block types, and the scratch as long as the above says.
void quantised_product(Cpu, const StoredProduct& args);

}  // namespace sequent::kernels
