// The types in which weights are stored: f16, bf16, and GGML's blocks, whose values share a scale. Here they become
// floats, and floats become them. With d (and m) the half-precision numbers at a block's head, n the small integers:
//   q8_0, q4_0     32 values    x = d n,  x = d (n - 8)
//   q4_k, q5_k    256 values    x = d s n - m t,  with a 6-bit scale s and minimum t for each 32
//   q6_k          256 values    x = d s (n - 32), with an 8-bit scale s for each 16
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"
#include "sequent/tensor/dtype.h"

namespace sequent::kernels {

/// to[i] = the i-th value. Exact but for the one rounding of q4_k and q5_k (the difference) and of q6_k (the product).
struct Dequantise {
  DType type;        // any but the integers
  const void* from;  // in the type's layout: blocks at any address, the plain types aligned
  float* to;
  std::int64_t count;  // a multiple of the type's block
};

/// The nearest f16 or bf16, ties to even; the bytes that the format prescribes for q8_0 and q4_0; for q4_k the scales
/// and minima found by search, with the smallest sum of squared errors that was seen. Every value must be finite; a
/// block type's values at most largest_quantisable(type).
struct Quantise {
  DType type;  // f32, f16, bf16, q8_0, q4_0 or q4_k
  const float* from;
  void* to;
  std::int64_t count;  // a multiple of the type's block
};

void dequantise(Cpu, const Dequantise& args);
void quantise(Cpu, const Quantise& args);

/// Largest |x| that becomes no infinity: scales are in half precision, and an eighth of the largest value in q4_0.
float largest_quantisable(DType type);

}  // namespace sequent::kernels
