#include "sequent/checkpoint/gguf_types.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace sequent {
namespace {

TEST(GgufTypes, HaveTheBlocksOfTheirTensorTypes) {
  int loadable = 0;
  for (std::uint32_t id = 0; id < 64; ++id) {
    const GgufTensorType* type = gguf_type_of(id);
    if (type == nullptr || !type->dtype) continue;
    ++loadable;
    EXPECT_EQ(type->elements, block_of(*type->dtype).elements) << type->name;
    EXPECT_EQ(type->bytes, block_of(*type->dtype).bytes) << type->name;
    EXPECT_EQ(gguf_type_of(*type->dtype).id, id);
  }
  EXPECT_EQ(loadable, 10);
}

TEST(GgufTypes, KnowNoneThatWereGivenUp) {
  for (const std::uint32_t id : {4u, 5u, 31u, 36u, 1000u}) EXPECT_EQ(gguf_type_of(id), nullptr) << id;
  EXPECT_EQ(test::error_of([] { gguf_type_of(DType::u8); }), "GGUF: has no type for u8");
}

}  // namespace
}  // namespace sequent
