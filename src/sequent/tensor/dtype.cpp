#include "sequent/tensor/dtype.h"

#include <array>

#include "sequent/base/error.h"

namespace sequent {
namespace {

struct Entry {
  ElementBlock block;
  std::string_view name;
};
// In the order of DType.
constexpr std::array<Entry, 11> kTypes = {{{{1, 4}, "f32"},
                                           {{1, 2}, "f16"},
                                           {{1, 2}, "bf16"},
                                           {{1, 4}, "i32"},
                                           {{1, 8}, "i64"},
                                           {{1, 1}, "u8"},
                                           {{32, 34}, "q8_0"},
                                           {{32, 18}, "q4_0"},
                                           {{256, 144}, "q4_k"},
                                           {{256, 176}, "q5_k"},
                                           {{256, 210}, "q6_k"}}};

const Entry& entry_of(DType dtype) {
  return kTypes[static_cast<std::size_t>(dtype)];
}

}  // namespace

ElementBlock block_of(DType dtype) {
  return entry_of(dtype).block;
}

std::int64_t size_of(DType dtype) {
  check(!is_quantised(dtype), "dtype: an element of {} has no bytes of its own", name_of(dtype));
  return entry_of(dtype).block.bytes;
}

std::string_view name_of(DType dtype) {
  return entry_of(dtype).name;
}

}  // namespace sequent
