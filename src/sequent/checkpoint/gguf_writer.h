// Writing GGUF files: named values, and tensors one at a time, so that a model is converted without being held twice.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sequent/base/function_ref.h"
#include "sequent/tensor/tensor.h"

namespace sequent {

/// Arrays of truths have no use here.
using GgufWritable = std::variant<std::uint32_t, std::int32_t, float, bool, std::string, std::vector<std::uint8_t>,
                                  std::vector<std::int32_t>, std::vector<float>, std::vector<std::string>>;
/// In the order in which they are written.
using GgufValues = std::vector<std::pair<std::string, GgufWritable>>;

struct GgufTensor {
  std::string name;
  Shape shape;  // as everywhere here, the last axis varies fastest
  DType dtype;
};

/// Replaces `path` at once or not at all. `value_of(i)` is asked for the tensors in order, each once; what it gives
/// must have the shape and type that `tensors` says. The bytes depend only on the arguments. Errors: a name given twice
/// or longer than 63 bytes, more than four axes.
void save_gguf(const std::string& path, const GgufValues& values, std::span<const GgufTensor> tensors,
               FunctionRef<Tensor(std::size_t)> value_of);

}  // namespace sequent
