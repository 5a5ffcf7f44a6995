// How large the weights of a retention are, row by row; the formula is in kernels/retention_row_sums.h.
#pragma once

#include "sequent/tensor/segments.h"
#include "sequent/tensor/tensor.h"

namespace sequent {

/// sums[n, h] = sum_{m <= n} |q_n[h] . k_m[h]| exp(rate[h] (n - m)), over the tokens m of the sequence of n.
/// q, k: [tokens, heads * width]   rate: [heads], at most 0   -> [tokens, heads]
/// Between tensors and without a gradient: what is divided by these sums holds them constant, as published. Costs
/// every pair of tokens, in time but not in memory.
Tensor retention_row_sums(const Tensor& q, const Tensor& k, const Tensor& rate, const Segments& segments);

}  // namespace sequent
