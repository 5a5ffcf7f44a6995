// Embedding: rows of a table picked by token, and the sum of gradients back into those rows.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// y[t] = table[ids[t]]; every id must be a row of the table.
template <class Real>
struct EmbeddingForward {
  const std::int32_t* ids;  // [tokens]
  const Real* table;        // [vocabulary, width]
  Real* y;                  // [tokens, width]
  std::int64_t tokens;
  std::int64_t width;
};

/// dtable[ids[t]] += dy[t], in the order of tokens.
template <class Real>
struct EmbeddingBackward {
  const std::int32_t* ids;  // [tokens]
  const Real* dy;           // [tokens, width]
  Real* dtable;             // [vocabulary, width], added to
  std::int64_t tokens;
  std::int64_t width;
};

void embedding(Cpu, const EmbeddingForward<float>& args);
void embedding(Cpu, const EmbeddingBackward<float>& args);

}  // namespace sequent::kernels
