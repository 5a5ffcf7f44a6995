#include "sequent/text/added_tokens.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sequent {
namespace {

// The stretches in order: a token as "<id>", the text between them as it is.
std::vector<std::string> split(const AddedTokens& tokens, std::string_view text, bool normalized = false,
                               bool special = true) {
  std::vector<std::string> result;
  tokens.split(
      text, normalized, special, [&](std::string_view plain) { result.emplace_back(plain); },
      [&](std::int32_t id) { result.push_back(fmt::format("<{}>", id)); });
  return result;
}

using Stretches = std::vector<std::string>;

TEST(AddedTokens, TheLeftmostIsFoundAndOfThoseTheLongest) {
  const AddedTokens tokens({{1, "ab"}, {2, "abc"}, {3, "bcde"}, {4, "a"}});
  EXPECT_EQ(split(tokens, "xabcdex"), (Stretches{"x", "<2>", "dex"}));
  EXPECT_EQ(split(tokens, "abab"), (Stretches{"<1>", "<1>"}));
  EXPECT_EQ(split(tokens, "aabx"), (Stretches{"<4>", "<1>", "x"}));
  EXPECT_EQ(split(tokens, "bcdea"), (Stretches{"<3>", "<4>"}));
  EXPECT_EQ(split(tokens, "bcd"), (Stretches{"bcd"}));
}

TEST(AddedTokens, NoStretchOfTextIsEmpty) {
  const AddedTokens tokens({{1, "|"}});
  EXPECT_EQ(split(tokens, ""), Stretches{});
  EXPECT_EQ(split(tokens, "||"), (Stretches{"<1>", "<1>"}));
  EXPECT_EQ(split(tokens, "|a|"), (Stretches{"<1>", "a", "<1>"}));
  EXPECT_EQ(split(AddedTokens(), "a|"), Stretches{"a|"});
}

TEST(AddedTokens, SpecialOnesAreTextUnlessAskedFor) {
  const AddedTokens tokens({{.id = 1, .content = "<eot>", .special = true}, {.id = 2, .content = "<e"}});
  EXPECT_EQ(split(tokens, "a<eot>"), (Stretches{"a", "<1>"}));
  EXPECT_EQ(split(tokens, "a<eot>", false, false), (Stretches{"a", "<2>", "ot>"}));
}

TEST(AddedTokens, ThoseOfTheNormalizedTextAreSearchedThereOnly) {
  const AddedTokens tokens({{.id = 1, .content = "A"}, {.id = 2, .content = "AB", .normalized = true}});
  EXPECT_EQ(split(tokens, "ABA", false), (Stretches{"<1>", "B", "<1>"}));
  EXPECT_EQ(split(tokens, "ABA", true), (Stretches{"<2>", "A"}));
}

TEST(AddedTokens, AnyBytesCanBeSearched) {
  using namespace std::string_literals;
  const AddedTokens tokens({{1, "\xFF\0"s}, {2, ""}, {3, "\u00e9"}});
  EXPECT_EQ(split(tokens, "\xFF\xFF\0\xC3\u00e9"s), (Stretches{"\xFF", "<1>", "\xC3", "<3>"}));
  EXPECT_EQ(tokens.all().size(), 3u);
}

}  // namespace
}  // namespace sequent
