#include "sequent/base/crc32.h"

#include <gtest/gtest.h>

#include <string>

namespace sequent {
namespace {

// The check values of the catalogue of parametrised algorithms.
TEST(Crc32, GivesTheCheckValues) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926u);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32(""), 0u);
  EXPECT_EQ(crc32c(""), 0u);
}

// Python's zlib.crc32 of that many letters.
TEST(Crc32, TakesAnyLength) {
  EXPECT_EQ(crc32(std::string(7, 'a')), 0x5B8B2074u);
  EXPECT_EQ(crc32(std::string(8, 'a')), 0xBF848046u);
  EXPECT_EQ(crc32(std::string(1000, 'a')), 0x9A38DA03u);
}

TEST(Crc32, SeesEveryBit) {
  std::string bytes(40, 'x');
  const std::uint32_t before = crc32(bytes), other_before = crc32c(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
    EXPECT_NE(crc32(bytes), before) << i;
    EXPECT_NE(crc32c(bytes), other_before) << i;
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
  }
}

}  // namespace
}  // namespace sequent
