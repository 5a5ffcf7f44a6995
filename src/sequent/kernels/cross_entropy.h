// Cross-entropy of rows of logits against one target each, and its gradient.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// losses[r] = logsumexp(logits[r]) - logits[r, targets[r]], and dlogits[r] = scale * (softmax(logits[r]) - onehot).
/// A row whose target is negative is not counted: its loss and its gradient are zero.
template <class Real>
struct CrossEntropy {
  const Real* logits;           // [rows, columns]
  const std::int32_t* targets;  // [rows], each below columns
  Real* losses;                 // [rows]
  Real* dlogits;                // [rows, columns]; may be null, and may be logits
  Real scale;                   // 1 / number of counted rows makes the gradient that of the mean
  std::int64_t rows;
  std::int64_t columns;
};

void cross_entropy(Cpu, const CrossEntropy<float>& args);

}  // namespace sequent::kernels
