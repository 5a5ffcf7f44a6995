#include "sequent/text/regex.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/files.h"

namespace sequent {
namespace {

using Matches = std::vector<std::string>;

Matches matches(const Regex& regex, std::string_view text) {
  Matches result;
  regex.for_each_match(
      text, [&](std::size_t begin, std::size_t end) { result.emplace_back(text.substr(begin, end - begin)); });
  return result;
}

Matches matches(std::string_view pattern, std::string_view text) {
  return matches(Regex(pattern, "test"), text);
}

TEST(Regex, FindsMatchesFromLeftToRight) {
  std::vector<std::pair<std::size_t, std::size_t>> bounds;
  Regex("b+", "test").for_each_match("abbcb", [&](std::size_t begin, std::size_t end) {
    bounds.emplace_back(begin, end);
  });
  EXPECT_EQ(bounds, (std::vector<std::pair<std::size_t, std::size_t>>{{1, 3}, {4, 5}}));
  EXPECT_EQ(matches("\\p{L}+|\\p{N}", "\u00e9a1\u0663 \u4f60"), (Matches{"\u00e9a", "1", "\u0663", "\u4f60"}));
  EXPECT_EQ(matches("a(?!b)", "abaa"), (Matches{"a", "a"}));
  EXPECT_EQ(matches("(?i:\u00e9)", "\u00c9"), Matches{"\u00c9"});
}

TEST(Regex, EmptyMatchesCountUnlessTheyTouchTheMatchBefore) {
  EXPECT_EQ(matches("x*", "axx"), (Matches{"", "xx"}));
  EXPECT_EQ(matches("x*", "ab"), (Matches{"", "", ""}));
  EXPECT_EQ(matches("x*", "\xFF"), (Matches{"", ""}));
  EXPECT_EQ(matches("$", "a\nb"), (Matches{"", ""}));
}

TEST(Regex, ReadsTheSyntaxOfOniguruma) {
  EXPECT_EQ(matches("\\w+", "a_\u00e9\u0301\u0663\u00b2 \u2163-"), (Matches{"a_\u00e9\u0301\u0663\u00b2", "\u2163"}));
  EXPECT_EQ(matches("[\\w-]+", "a-b.c"), (Matches{"a-b", "c"}));
  EXPECT_EQ(matches("\\W", "a b"), Matches{" "});
  EXPECT_EQ(matches("\\h+", "x0fG"), Matches{"0f"});
  EXPECT_EQ(matches("\\H+", "0 g"), Matches{" g"});
  EXPECT_EQ(matches("^a", "ab\nac"), (Matches{"a", "a"}));
  EXPECT_EQ(matches("[[:digit:]x]+", "1x2"), Matches{"1x2"});
  for (const char* nested : {"[a[bc]]", "[a-z&&[^b]]"}) {
    EXPECT_NE(test::error_of([&] { Regex(nested, "file"); }).find("file: a set within a set is not supported"),
              std::string::npos);
  }
}

TEST(Regex, MatchesAnEscapedTextOnly) {
  const std::string text = "a.b*[c]\\d^$|(x){2}-\n#";
  EXPECT_EQ(matches(Regex::escaped(text), "x" + text + "x"), Matches{text});
  EXPECT_EQ(matches(Regex::escaped("."), "ab"), Matches{});
}

TEST(Regex, GivesUpInsteadOfTryingForever) {
  EXPECT_NE(test::error_of([] { matches("(a+a+)+[bc]", std::string(40, 'a')); }).find("cannot be matched"),
            std::string::npos);
  EXPECT_NE(test::error_of([] { Regex(std::string(100'000, 'a'), "file"); }).find("is not valid"), std::string::npos);
  EXPECT_NE(test::error_of([] { Regex(std::string(1000, '(') + std::string(1000, ')'), "file"); }).find("not valid"),
            std::string::npos);
}

// U+0085 has that property, U+180E has not.
TEST(Regex, SpaceIsThePropertyWhiteSpace) {
  for (const char* pattern : {"\\s+", "[\\s]+"}) {
    EXPECT_EQ(matches(pattern, "a\u0085\u00a0\u3000\u2028\vb\u180e"), Matches{"\u0085\u00a0\u3000\u2028\v"}) << pattern;
  }
  EXPECT_EQ(matches("\\S+", " \u180e\u0085x"), (Matches{"\u180e", "x"}));
  EXPECT_EQ(matches("[^\\s]+", " \u180e\u0085x"), (Matches{"\u180e", "x"}));
  EXPECT_EQ(matches("\\s[]a]\\s", " ] a"), Matches{" ] "});
  EXPECT_EQ(matches("\\\\s", " \\s"), Matches{"\\s"});
}

TEST(Regex, AMatchHoldsNoInvalidByte) {
  EXPECT_EQ(matches(".+", "ab\xFF\u00e9\xC3"), (Matches{"ab", "\u00e9"}));
  EXPECT_EQ(matches("[^x]+", "\xED\xA0\x80 a\x80"), Matches{" a"});
  EXPECT_EQ(matches(".", "\xFF\xFE"), Matches{});
}

TEST(Regex, AMatchMayBeMegabytes) {
  const std::string letters(3'000'000, 'a'), spaces(3'000'000, ' ');
  EXPECT_EQ(matches("\\p{L}+", letters), Matches{letters});
  EXPECT_EQ(matches("\\s+(?!\\S)", spaces + "x"), Matches{spaces.substr(1)});
}

TEST(Regex, SaysSoWhenAPatternTakesTooMuchMemory) {
  // Every turn of a group is remembered, to go back to it.
  const std::string text(3'000'000, 'a');
  EXPECT_NE(test::error_of([&] { matches("(?:a|b)+", text); }).find("the pre-tokenizer's pattern cannot be matched: "),
            std::string::npos);
}

TEST(Regex, NamesAPatternThatIsNotValid) {
  EXPECT_EQ(test::error_of([] { Regex("a(b", "tokenizer.json: pre_tokenizer"); }),
            "tokenizer.json: pre_tokenizer: the pattern \"a(b\" is not valid at 3: missing closing parenthesis");
}

TEST(Regex, Moves) {
  Regex regex("a", "test");
  Regex other = std::move(regex);
  EXPECT_EQ(matches(other, "ba"), Matches{"a"});
  other = Regex("b", "test");
  EXPECT_EQ(matches(other, "ba"), Matches{"b"});
}

}  // namespace
}  // namespace sequent
