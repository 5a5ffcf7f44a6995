#include "sequent/base/hash.h"

#include <gtest/gtest.h>

#include <string>

namespace sequent {
namespace {

// Values of the published algorithm, as printed by its own tool (xxhsum -H64).
TEST(Hash64, IsXxh64) {
  EXPECT_EQ(hash64(""), 0xEF46DB3751D8E999u);
  EXPECT_EQ(hash64("a"), 0xD24EC4F1A98C6E5Bu);
  EXPECT_EQ(hash64("abc"), 0x44BC2CF5AD770999u);
  EXPECT_EQ(hash64("Nobody inspects the spammish repetition"), 0xFBCEA83C8A378BF1u);
}

TEST(Hash64, IsWrittenInSixteenDigits) {
  EXPECT_EQ(hexadecimal(0xEF46DB3751D8E999u), "ef46db3751d8e999");
  EXPECT_EQ(hexadecimal(0xABC), "0000000000000abc");
}

TEST(Hash64, DoesNotDependOnHowTheBytesAreSplit) {
  std::string text;
  for (int i = 0; i < 150; ++i) text += static_cast<char>(i * 7);
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second : {std::size_t{0}, std::size_t{1}, std::size_t{31}, std::size_t{32}, std::size_t{33}}) {
      Hash64 hash;
      hash.update(text.data(), first);
      const std::size_t middle = std::min(second, text.size() - first);
      hash.update(text.data() + first, middle);
      hash.update(text.data() + first + middle, text.size() - first - middle);
      ASSERT_EQ(hash.digest(), hash64(text)) << first << " " << second;
    }
  }
}

TEST(Hash64, SeesEverySingleBit) {
  std::string text(77, 'x');
  const std::uint64_t before = hash64(text);
  for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
    ASSERT_NE(hash64(text), before) << bit;
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
  }
}

}  // namespace
}  // namespace sequent
