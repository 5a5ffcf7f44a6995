#include "sequent/text/utf8.h"

#include <gtest/gtest.h>

namespace sequent {
namespace {

TEST(Utf8, EveryCodePointSurvives) {
  for (std::int32_t point = 0; point <= 0x10FFFF; ++point) {
    std::string text;
    append_utf8(text, point);
    const Utf8Character character = utf8_character(text, 0);
    const bool surrogate = point >= 0xD800 && point < 0xE000;
    ASSERT_EQ(character.code_point, surrogate ? -1 : point);
    ASSERT_EQ(character.length, surrogate ? 1 : static_cast<std::int32_t>(text.size()));
    for (std::size_t length = 1; length < text.size() && !surrogate; ++length) {
      ASSERT_EQ(utf8_incomplete_suffix(text.substr(0, length)), length);
    }
    ASSERT_EQ(utf8_incomplete_suffix(text), 0u);
  }
}

TEST(Utf8, RefusesWhatIsNotACharacter) {
  for (const char* text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98"}) {
    EXPECT_EQ(utf8_character(text, 0).code_point, -1);
    EXPECT_EQ(utf8_character(text, 0).length, 1);
  }
}

TEST(Utf8, ReplacesInvalidBytes) {
  EXPECT_EQ(valid_utf8("a\xFF\u00e9\xC3"), "a\uFFFD\u00e9\uFFFD");
  EXPECT_EQ(valid_utf8(""), "");
}

}  // namespace
}  // namespace sequent
