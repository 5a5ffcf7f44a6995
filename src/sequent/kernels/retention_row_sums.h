// How large the weights of a retention are: the sums of the absolute values of the rows of (q k^T) * decays, by which
// the parallel form of RetNet as published in torchscale divides (Sun et al., "Retentive Network", 2023, section 2.1,
// third of the score normalisations). Absolute values do not pass through a state, so this looks at every pair of
// tokens, in tiles.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// sums[n, h] = sum_{m <= n} |q_n[h] . k_m[h]| exp(rate[h] (n - m)), over the tokens m of the sequence of n.
template <class Real>
struct RetentionRowSums {
  const Real* q;                // [tokens, heads * width]
  const Real* k;                // [tokens, heads * width]
  const Real* rate;             // [heads], at most 0
  Real* sums;                   // [tokens, heads]
  const std::int64_t* offsets;  // sequence i is tokens offsets[i] to offsets[i + 1]
  std::int64_t sequences;
  std::int64_t heads;
  std::int64_t width;
  std::int64_t workers;  // at most this many threads, each with its own part of the scratch
  Real* scratch;         // workers * retention_row_sums_scratch(width) elements

  std::int64_t tokens() const { return offsets[sequences]; }
};

/// Tokens of a tile, of rows as well as of columns.
inline constexpr std::int64_t kRetentionRowSumsTile = 64;

/// Elements of scratch for one worker.
constexpr std::int64_t retention_row_sums_scratch(std::int64_t width) {
  return kRetentionRowSumsTile * (width + kRetentionRowSumsTile);
}

void retention_row_sums(Cpu, const RetentionRowSums<float>& args);

}  // namespace sequent::kernels
