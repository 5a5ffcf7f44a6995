#include "sequent/text/jinja_strings.h"

#include <gtest/gtest.h>

namespace sequent::jinja {
namespace {

using Parts = std::vector<std::string_view>;

TEST(JinjaStrings, CountsCharactersNotBytes) {
  const std::string text = "a\u00e9\u4f60\U0001F600";
  EXPECT_EQ(character_count(text), 4);
  EXPECT_EQ(character_starts(text), (std::vector<std::size_t>{0, 1, 3, 6, 10}));
  for (int i = 0; i <= 4; ++i) {
    EXPECT_EQ(character_start(text, i), character_starts(text)[static_cast<std::size_t>(i)]);
  }
  EXPECT_EQ(character_starts(""), std::vector<std::size_t>{0});
}

TEST(JinjaStrings, StripsCharactersOfASetAndSpace) {
  EXPECT_EQ(strip_space("\u3000\t a\u00a0b \u2028"), "a\u00a0b");
  EXPECT_EQ(strip_space(" a ", true, false), "a ");
  EXPECT_EQ(strip_space(" \n"), "");
  EXPECT_EQ(strip("\u00e9x\u00e9", "\u00e9", false, true), "\u00e9x");
  EXPECT_EQ(strip("abc", "", true, true), "abc");
}

TEST(JinjaStrings, SplitsAsPythonDoes) {
  EXPECT_EQ(split_at_space("  a b\u3000c ", -1), (Parts{"a", "b", "c"}));
  EXPECT_EQ(split_at_space(" a  b c ", 1), (Parts{"a", "b c "}));
  EXPECT_EQ(split("a..b.", ".", -1), (Parts{"a", "", "b", ""}));
  EXPECT_EQ(split("a.b.c", ".", 1), (Parts{"a", "b.c"}));
  EXPECT_EQ(split_from_right("a.b.c", ".", 1), (Parts{"a.b", "c"}));
  EXPECT_EQ(split_from_right("", ".", -1), Parts{""});
  EXPECT_EQ(split_lines("a\r\nb\rc\n\nd\u2028e"), (Parts{"a", "b", "c", "", "d", "e"}));
  EXPECT_EQ(split_lines("a\n"), Parts{"a"});
}

TEST(JinjaStrings, ChangesCaseBeyondAscii) {
  EXPECT_EQ(upper("a\u00e9\u03c3"), "A\u00c9\u03a3");
  EXPECT_EQ(lower("\u00c9\u0416X"), "\u00e9\u0436x");
  EXPECT_EQ(title("they're HERE"), "They'Re Here");
  EXPECT_EQ(title_words("they're half-way (HERE)"), "They're Half-Way (Here)");
  EXPECT_EQ(capitalize("\u00e9TUDE"), "\u00c9tude");
}

TEST(JinjaStrings, KnowsWhatCanBePrinted) {
  for (const int c : {0x61, 0x20, 0xE9, 0x301, 0x1F600}) EXPECT_TRUE(is_printable(c)) << c;
  for (const int c : {0, 0x7F, 0xA0, 0xAD, 0x200B, 0x2028, 0x3000, 0xE000, 0x378}) {
    EXPECT_FALSE(is_printable(c)) << c;
  }
}

}  // namespace
}  // namespace sequent::jinja
