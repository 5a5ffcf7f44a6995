#include "sequent/tensor/dtype.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"

namespace sequent {
namespace {

TEST(DType, HasSizeAndName) {
  const struct {
    DType dtype;
    std::int64_t bytes;
    std::string_view name;
  } expected[] = {{DType::f32, 4, "f32"}, {DType::f16, 2, "f16"}, {DType::bf16, 2, "bf16"},
                  {DType::i32, 4, "i32"}, {DType::i64, 8, "i64"}, {DType::u8, 1, "u8"}};
  for (const auto& [dtype, bytes, name] : expected) {
    EXPECT_EQ(size_of(dtype), bytes) << name;
    EXPECT_EQ(name_of(dtype), name);
  }
}

TEST(DType, BlockTypesHaveBlocks) {
  const struct {
    DType dtype;
    std::int64_t elements, bytes;
    std::string_view name;
  } expected[] = {{DType::q8_0, 32, 34, "q8_0"},
                  {DType::q4_0, 32, 18, "q4_0"},
                  {DType::q4_k, 256, 144, "q4_k"},
                  {DType::q5_k, 256, 176, "q5_k"},
                  {DType::q6_k, 256, 210, "q6_k"}};
  for (const auto& [dtype, elements, bytes, name] : expected) {
    EXPECT_TRUE(is_quantised(dtype)) << name;
    EXPECT_EQ(block_of(dtype).elements, elements) << name;
    EXPECT_EQ(block_of(dtype).bytes, bytes) << name;
    EXPECT_EQ(name_of(dtype), name);
  }
  EXPECT_FALSE(is_quantised(DType::bf16));
  EXPECT_EQ(block_of(DType::f32).bytes, 4);
  EXPECT_THROW(size_of(DType::q8_0), Error);
}

TEST(DType, FollowsFromTheElementType) {
  EXPECT_EQ(dtype_of<float>(), DType::f32);
  EXPECT_EQ(dtype_of<std::int32_t>(), DType::i32);
  EXPECT_EQ(dtype_of<std::int64_t>(), DType::i64);
  EXPECT_EQ(dtype_of<std::uint8_t>(), DType::u8);
}

}  // namespace
}  // namespace sequent
