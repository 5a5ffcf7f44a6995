// The product with a layer's weight, in whichever type it is stored.
#pragma once

#include "sequent/tensor/tensor.h"

namespace sequent {

/// y = x W^T + beta y with x: [rows, inner], y: [rows, outputs], W: [outputs, ...] of `inner` elements for each output.
/// With beta = 0 y is not read.
void multiply_by_weight(const float* x, std::int64_t rows, const Tensor& weight, float* y, float beta);

/// For operations that keep a weight for gradients: stored in another type than f32 it is an Error while a tape records.
void expect_float_to_record(const char* op, const Tensor& weight);

}  // namespace sequent
