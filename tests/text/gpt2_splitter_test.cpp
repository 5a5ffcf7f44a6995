#include "sequent/text/gpt2_splitter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sequent/text/line_cut.h"
#include "sequent/text/regex_splitter.h"
#include "sequent/text/utf8.h"
#include "tests/text/pieces.h"
#include "tests/text/texts.h"

namespace sequent {
namespace {

using test::joined;
using test::pieces;

TEST(Gpt2Splitter, CutsWords) {
  const Gpt2Splitter splitter;
  EXPECT_EQ(
      pieces(splitter, "Hello, it's  12 o'clock!\n\n  x \n"),
      (std::vector<std::string>{"Hello", ",", " it", "'s", " ", " 12", " o", "'", "clock", "!", "\n\n ", " x", " \n"}));
  EXPECT_EQ(pieces(splitter, "a\n b"), (std::vector<std::string>{"a", "\n", " b"}));
  EXPECT_TRUE(pieces(splitter, "").empty());
}

TEST(Gpt2Splitter, EqualsItsPatternOnRandomText) {
  const Gpt2Splitter by_hand;
  const RegexSplitter by_pattern(kGpt2Pattern, "test");
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const std::string text = test::random_text(seed, 1 + seed % 60, false);
    ASSERT_EQ(pieces(by_hand, text), pieces(by_pattern, text)) << text;
  }
  for (const std::string& text : test::hard_texts()) {
    if (valid_utf8(text) == text) {
      EXPECT_EQ(pieces(by_hand, text), pieces(by_pattern, text)) << text;
    }
  }
}

TEST(Gpt2Splitter, EqualsItsPatternOnEveryCharacter) {
  const Gpt2Splitter by_hand;
  const RegexSplitter by_pattern(kGpt2Pattern, "test");
  std::string text;
  for (std::int32_t point = 0; point <= 0x10FFFF; ++point) {
    if (point >= 0xD800 && point < 0xE000) continue;
    text += "a";
    append_utf8(text, point);
    if (text.size() > 100'000) {
      ASSERT_EQ(pieces(by_hand, text), pieces(by_pattern, text)) << point;
      text.clear();
    }
  }
  EXPECT_EQ(pieces(by_hand, text), pieces(by_pattern, text));
}

TEST(Splitters, LoseNoByteOfInvalidText) {
  const Gpt2Splitter by_hand;
  const RegexSplitter by_pattern(kGpt2Pattern, "test");
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    for (const std::string& text : {test::random_text(seed, 50, true), test::random_bytes(seed, 100)}) {
      ASSERT_EQ(joined(pieces(by_hand, text)), text);
      ASSERT_EQ(joined(pieces(by_pattern, text)), text);
    }
  }
  // An invalid byte is a character that is neither letter, number nor space.
  EXPECT_EQ(pieces(by_hand, "ab \xFF! \xC3 c"), (std::vector<std::string>{"ab", " \xFF!", " \xC3", " c"}));
}

TEST(Splitters, GiveTheSamePiecesAfterALineCut) {
  const Gpt2Splitter gpt2;
  const RegexSplitter llama3(
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
      "test");
  ASSERT_TRUE(llama3.cuts_before_newline());
  for (const Splitter* splitter : {static_cast<const Splitter*>(&gpt2), static_cast<const Splitter*>(&llama3)}) {
    int cuts = 0;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
      const std::string text = test::random_text(seed, 80, true);
      const auto cut = static_cast<std::size_t>(line_cut(text, 20));
      cuts += cut < text.size();
      std::vector<std::string> parts = pieces(*splitter, text.substr(0, cut));
      for (std::string& piece : pieces(*splitter, text.substr(cut))) parts.push_back(std::move(piece));
      ASSERT_EQ(parts, pieces(*splitter, text)) << text;
    }
    EXPECT_GT(cuts, 100);
  }
}

}  // namespace
}  // namespace sequent
