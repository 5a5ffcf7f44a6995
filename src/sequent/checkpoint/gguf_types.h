// The element types of GGUF files, by number, with their blocks. Private to this room.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sequent/tensor/dtype.h"

namespace sequent {

struct GgufTensorType {
  std::uint32_t id;
  std::string_view name;
  std::int64_t elements;  // of a block
  std::int64_t bytes;     // of a block
  std::optional<DType> dtype = {};
};

/// Null: no such type, or one that was given up.
const GgufTensorType* gguf_type_of(std::uint32_t id);
/// Every DType but u8 has one.
const GgufTensorType& gguf_type_of(DType dtype);

}  // namespace sequent
