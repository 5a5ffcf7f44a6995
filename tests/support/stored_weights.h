// Weights in every stored type, and activations that 16 bits hold without rounding.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sequent/kernels/quantisation.h"
#include "sequent/kernels/stored_product.h"
#include "tests/support/values.h"

namespace sequent::test {

inline std::vector<std::uint8_t> stored_weights(DType type, std::int64_t rows, std::int64_t inner) {
  std::vector<std::uint8_t> w(static_cast<std::size_t>(bytes_of({rows, inner}, type)));
  if (type == DType::q5_k || type == DType::q6_k) {
    // Nothing writes these: any bytes will do, but for the halves.
    for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<std::uint8_t>(i * 37 + i / 5);
    const std::size_t bytes = type == DType::q5_k ? 176 : 210, half = type == DType::q5_k ? 1 : 209;
    for (std::size_t b = 0; b < w.size(); b += bytes) w[b + half] = 0x1C;
    for (std::size_t b = 0; b < w.size() && type == DType::q5_k; b += bytes) w[b + 3] = 0x1C;
  } else if (!w.empty()) {
    const auto values = to_float(random_values(rows * inner, "w"));
    kernels::quantise(kernels::Cpu{}, {.type = type, .from = values.data(), .to = w.data(), .count = rows * inner});
  }
  return w;
}

/// Multiples of 2^-15 below 1, the largest of them once in each 16: rounded to 16 bits, they are themselves.
inline std::vector<float> exact_activations(std::int64_t count, std::string_view name) {
  std::vector<float> a = to_float(random_values(count, name, 8192));
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] =
        i % 16 == 5 ? (i / 16 % 2 == 0 ? 32767.0f : -32767.0f) : std::clamp(std::nearbyint(a[i]), -32767.0f, 32767.0f);
    a[i] /= 32768;
  }
  return a;
}

/// C = beta C + A W^T with such weights and activations.
struct StoredProductCase {
  DType type;
  std::int64_t rows, columns, inner;
  std::vector<std::uint8_t> w = stored_weights(type, columns, inner);
  std::vector<float> a = exact_activations(rows * inner, "a");
  std::vector<float> c = to_float(random_values(rows * columns, "c"));

  kernels::StoredProduct arguments(float beta, float* to) const {
    return {.a = a.data(),
            .type = type,
            .w = w.data(),
            .c = to,
            .rows = rows,
            .columns = columns,
            .inner = inner,
            .beta = beta};
  }
};

}  // namespace sequent::test
