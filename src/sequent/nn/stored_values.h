// Weights from one stored type to another.
#pragma once

#include <string_view>

#include "sequent/tensor/tensor.h"

namespace sequent {

/// The tensor in f32: itself if it is, otherwise converted from f16, bf16 or a block type. Integers are an Error naming
/// `name`.
Tensor dequantised(const Tensor& tensor, std::string_view name);

/// The tensor in f32, f16, bf16, q8_0, q4_0 or q4_k: itself if it is. Error naming `name`: a value that is not finite, or
/// too large for the type.
Tensor to_stored(const Tensor& tensor, DType dtype, std::string_view name);

}  // namespace sequent
