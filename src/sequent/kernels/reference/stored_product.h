// The readable specification of kernels/stored_product.h, and the oracle of its tests.
#pragma once

#include <vector>

#include "sequent/kernels/reference/quantisation.h"
#include "sequent/kernels/stored_product.h"

namespace sequent::kernels::reference {

inline void stored_product(const StoredProduct& args) {
  std::vector<float> w(static_cast<std::size_t>(args.columns * args.inner));
  dequantise({.type = args.type, .from = args.w, .to = w.data(), .count = args.columns * args.inner});
  for (std::int64_t i = 0; i < args.rows; ++i) {
    for (std::int64_t j = 0; j < args.columns; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < args.inner; ++k) {
        sum += static_cast<double>(args.a[i * args.inner + k]) *
               static_cast<double>(w[static_cast<std::size_t>(j * args.inner + k)]);
      }
      float& c = args.c[i * args.columns + j];
      c = static_cast<float>(args.beta == 0 ? sum : sum + static_cast<double>(args.beta) * static_cast<double>(c));
    }
  }
}

}  // namespace sequent::kernels::reference
