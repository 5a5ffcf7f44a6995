#include "sequent/tensor/dtype.h"

#include <array>

namespace sequent {
namespace {

struct Entry {
  std::int64_t bytes;
  std::string_view name;
};
constexpr std::array<Entry, 6> kTypes = {{{4, "f32"}, {2, "f16"}, {2, "bf16"}, {4, "i32"}, {8, "i64"}, {1, "u8"}}};

}  // namespace

std::int64_t size_of(DType dtype) {
  return kTypes[static_cast<std::size_t>(dtype)].bytes;
}

std::string_view name_of(DType dtype) {
  return kTypes[static_cast<std::size_t>(dtype)].name;
}

}  // namespace sequent
