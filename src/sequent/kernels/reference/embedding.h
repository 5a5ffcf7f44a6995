// The readable specification of kernels/embedding.h, and the oracle of its tests.
#pragma once

#include "sequent/kernels/embedding.h"

namespace sequent::kernels::reference {

template <class Real>
void embedding(const EmbeddingForward<Real>& args) {
  for (std::int64_t t = 0; t < args.tokens; ++t) {
    for (std::int64_t c = 0; c < args.width; ++c) args.y[t * args.width + c] = args.table[args.ids[t] * args.width + c];
  }
}

template <class Real>
void embedding(const EmbeddingBackward<Real>& args) {
  for (std::int64_t t = 0; t < args.tokens; ++t) {
    for (std::int64_t c = 0; c < args.width; ++c) {
      args.dtable[args.ids[t] * args.width + c] += args.dy[t * args.width + c];
    }
  }
}

}  // namespace sequent::kernels::reference
