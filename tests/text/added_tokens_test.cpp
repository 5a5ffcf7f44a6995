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

TEST(AddedTokens, TakeWhiteSpaceAlong) {
  const AddedTokens tokens({{.id = 1, .content = "<l>", .left_strip = true},
                            {.id = 2, .content = "<r>", .right_strip = true},
                            {.id = 3, .content = "_"}});
  EXPECT_EQ(split(tokens, "a \u3000<l> b"), (Stretches{"a", "<1>", " b"}));
  EXPECT_EQ(split(tokens, "a <r>\n\t b"), (Stretches{"a ", "<2>", "b"}));
  EXPECT_EQ(split(tokens, "<r>  <l>"), (Stretches{"<2>", "<1>"}));
  EXPECT_EQ(split(tokens, "_ <l>"), (Stretches{"<3>", "<1>"}));
  EXPECT_EQ(split(tokens, "\xFF <l>"), (Stretches{"\xFF", "<1>"}));
}

TEST(AddedTokens, SingleWordsStandAlone) {
  const AddedTokens tokens({{.id = 1, .content = "on", .single_word = true}, {2, "n"}});
  EXPECT_EQ(split(tokens, "on"), Stretches{"<1>"});
  EXPECT_EQ(split(tokens, "so on."), (Stretches{"so ", "<1>", "."}));
  // What was found and is none is not searched again.
  EXPECT_EQ(split(tokens, "son"), Stretches{"son"});
  EXPECT_EQ(split(tokens, "on_"), Stretches{"on_"});
  EXPECT_EQ(split(tokens, "\u00e9on"), Stretches{"\u00e9on"});
}

TEST(AddedTokens, MayBeSearchedForInAnotherForm) {
  const AddedTokens tokens({{.id = 1, .content = "YES", .pattern = "yes"}});
  EXPECT_EQ(split(tokens, "yesYES"), (Stretches{"<1>", "YES"}));
}

TEST(AddedTokens, AnyBytesCanBeSearched) {
  using namespace std::string_literals;
  const AddedTokens tokens({{1, "\xFF\0"s}, {2, ""}, {3, "\u00e9"}});
  EXPECT_EQ(split(tokens, "\xFF\xFF\0\xC3\u00e9"s), (Stretches{"\xFF", "<1>", "\xC3", "<3>"}));
  EXPECT_EQ(tokens.all().size(), 3u);
}

}  // namespace
}  // namespace sequent
