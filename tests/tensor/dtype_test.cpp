#include "sequent/tensor/dtype.h"

#include <gtest/gtest.h>

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

TEST(DType, FollowsFromTheElementType) {
  EXPECT_EQ(dtype_of<float>(), DType::f32);
  EXPECT_EQ(dtype_of<std::int32_t>(), DType::i32);
  EXPECT_EQ(dtype_of<std::int64_t>(), DType::i64);
  EXPECT_EQ(dtype_of<std::uint8_t>(), DType::u8);
}

}  // namespace
}  // namespace sequent
