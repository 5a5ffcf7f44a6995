#include "sequent/text/byte_characters.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/text/texts.h"

namespace sequent {
namespace {

TEST(ByteCharacters, AreThoseOfGpt2) {
  const std::array<std::int32_t, 256>& characters = byte_characters();
  for (const int byte : {33, 97, 126, 161, 172, 174, 255}) EXPECT_EQ(characters[byte], byte);
  EXPECT_EQ(characters[0], 0x100);
  EXPECT_EQ(characters['\n'], 0x10A);
  EXPECT_EQ(characters[' '], 0x120);
  EXPECT_EQ(characters[127], 0x121);
  EXPECT_EQ(characters[160], 0x142);
  EXPECT_EQ(characters[173], 0x143);
  EXPECT_EQ(std::set(characters.begin(), characters.end()).size(), 256u);
}

TEST(ByteCharacters, AnyBytesSurvive) {
  EXPECT_EQ(bytes_to_characters("a b\n\xFF"), "a\u0120b\u010A\u00FF");
  for (int byte = 0; byte < 256; ++byte) {
    const std::string bytes(3, static_cast<char>(byte));
    EXPECT_EQ(characters_to_bytes(bytes_to_characters(bytes)), bytes) << byte;
  }
  const std::string bytes = test::random_bytes(1, 5000);
  EXPECT_EQ(characters_to_bytes(bytes_to_characters(bytes)), bytes);
  EXPECT_EQ(characters_to_bytes(""), "");
}

TEST(ByteCharacters, OtherCharactersStandForNoByte) {
  for (const char* characters : {"a b", "\n", "\u00AD", "\u0144", "\u4f60", "a\xFF", "\xC3"}) {
    EXPECT_EQ(characters_to_bytes(characters), std::nullopt) << characters;
  }
  EXPECT_TRUE(characters_to_bytes("\u0143").has_value());
}

}  // namespace
}  // namespace sequent
