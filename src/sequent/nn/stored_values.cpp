#include "sequent/nn/stored_values.h"

#include <cmath>

#include "sequent/base/error.h"
#include "sequent/base/shown_name.h"
#include "sequent/kernels/quantisation.h"

namespace sequent {

Tensor dequantised(const Tensor& tensor, std::string_view name) {
  const DType type = tensor.dtype();
  if (type == DType::f32) return tensor;
  check(type == DType::f16 || type == DType::bf16 || is_quantised(type), "tensor {}: cannot convert {} to f32",
        shown_name(name), name_of(type));
  Tensor floats = Tensor::empty(tensor.shape());
  kernels::dequantise(kernels::Cpu{},
                      {.type = type, .from = tensor.raw(), .to = floats.mutable_floats(), .count = tensor.elements()});
  return floats;
}

Tensor to_stored(const Tensor& tensor, DType dtype, std::string_view name) {
  if (tensor.dtype() == dtype) return tensor;
  const Tensor floats = dequantised(tensor, name);
  if (dtype == DType::f32) return floats;
  const float* values = floats.floats();
  const float largest = kernels::largest_quantisable(dtype);
  for (std::int64_t i = 0; i < floats.elements(); ++i) {
    check(std::abs(values[i]) <= largest, "tensor {}: {} cannot be stored as {}", shown_name(name), values[i],
          name_of(dtype));
  }
  Tensor stored = Tensor::empty(floats.shape(), dtype);
  kernels::quantise(kernels::Cpu{},
                    {.type = dtype, .from = values, .to = stored.mutable_raw(), .count = floats.elements()});
  return stored;
}

}  // namespace sequent
