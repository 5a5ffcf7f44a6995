#include "sequent/text/character_kind.h"

#include <gtest/gtest.h>

#include <vector>

namespace sequent {
namespace {

TEST(CharacterKind, KnowsUnicode) {
  EXPECT_EQ(character_kind(U'a'), CharacterKind::letter);
  EXPECT_EQ(character_kind(0x4F60), CharacterKind::letter);
  EXPECT_EQ(character_kind(0x20000), CharacterKind::letter);
  EXPECT_EQ(character_kind(0xB2), CharacterKind::number);
  EXPECT_EQ(character_kind(0x1D7D8), CharacterKind::number);
  EXPECT_EQ(character_kind(0x85), CharacterKind::space);
  EXPECT_EQ(character_kind(0x3000), CharacterKind::space);
  EXPECT_EQ(character_kind(0x180E), CharacterKind::other);
  EXPECT_EQ(character_kind(0x301), CharacterKind::other);
  EXPECT_EQ(character_kind(0xD800), CharacterKind::other);
  EXPECT_EQ(character_kind(-1), CharacterKind::other);
  EXPECT_EQ(character_kind(0x110000), CharacterKind::other);
}

// The property White_Space of Unicode, PropList.txt.
TEST(CharacterKind, SpacesAreExactlyWhiteSpace) {
  std::vector<std::int32_t> expected = {9, 10, 11, 12, 13, 0x20, 0x85, 0xA0, 0x1680};
  for (std::int32_t point = 0x2000; point <= 0x200A; ++point) expected.push_back(point);
  expected.insert(expected.end(), {0x2028, 0x2029, 0x202F, 0x205F, 0x3000});
  std::vector<std::int32_t> spaces;
  for (std::int32_t point = 0; point <= 0x10FFFF; ++point) {
    if (character_kind(point) == CharacterKind::space) spaces.push_back(point);
  }
  EXPECT_EQ(spaces, expected);
}

TEST(CharacterKind, WordsConsistOfMoreThanLetters) {
  for (const std::int32_t c : {int{'a'}, int{'_'}, int{'7'}, 0xE9, 0x301, 0x663, 0x2163, 0x200D, 0x4F60}) {
    EXPECT_TRUE(is_word_character(c)) << c;
  }
  for (const std::int32_t c : {int{' '}, int{'-'}, int{'$'}, 0xB2, 0x2581, 0x1F600, -1}) {
    EXPECT_FALSE(is_word_character(c)) << c;
  }
}

}  // namespace
}  // namespace sequent
