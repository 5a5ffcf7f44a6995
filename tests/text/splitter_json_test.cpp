// Each type of pre-tokenizer, as a file names it. Pieces show by what is merged: "ab" is a token where it is in one.
#include <gtest/gtest.h>

#include "tests/text/json_tokenizers.h"

namespace sequent {
namespace {

using nlohmann::json;

json file_with(const json& pre_tokenizer) {
  json file = test::character_tokenizer();
  for (const char* pair : {"ab", "a1", "1a", "12", "..", ".a", " a", "a ", "a-", "-a"}) {
    file["model"]["vocab"][pair] = file["model"]["vocab"].size();
    file["model"]["merges"].push_back({std::string(1, pair[0]), std::string(1, pair[1])});
  }
  file["pre_tokenizer"] = pre_tokenizer;
  file["decoder"] = nullptr;  // spaces between the tokens
  return file;
}

std::string through(const json& pre_tokenizer, std::string_view text) {
  return test::through(file_with(pre_tokenizer), text);
}

std::string refusal(const json& pre_tokenizer) {
  return test::refusal_of(file_with(pre_tokenizer));
}

TEST(SplitterJson, KnowsEveryType) {
  EXPECT_EQ(through(nullptr, "ab12a-"), "ab 12 a-");
  EXPECT_EQ(through({{"type", "Digits"}, {"individual_digits", true}}, "ab12a"), "ab 1 2 a");
  EXPECT_EQ(through({{"type", "Digits"}}, "a12a"), "a 12 a");
  EXPECT_EQ(through({{"type", "Punctuation"}}, "a-..a"), "a - . . a");
  EXPECT_EQ(through({{"type", "Punctuation"}, {"behavior", "Contiguous"}}, "a..a"), "a .. a");
  EXPECT_EQ(through({{"type", "WhitespaceSplit"}}, "ab. a"), "ab . a");
  EXPECT_EQ(through({{"type", "Whitespace"}}, "ab.a a"), "ab . a a");
  EXPECT_EQ(through({{"type", "Split"}, {"pattern", {{"String", "."}}}, {"behavior", "Removed"}}, "a.a"), "a a");
  EXPECT_EQ(through({{"type", "Split"}, {"pattern", {{"Regex", "[ab]"}}}, {"behavior", "Isolated"}}, "ab"), "a b");
  EXPECT_EQ(through({{"type", "Metaspace"}, {"replacement", "-"}}, "a a"), "-a -a");
  EXPECT_EQ(through({{"type", "Metaspace"}, {"replacement", "-"}, {"add_prefix_space", false}}, "a a"), "a -a");
  EXPECT_EQ(
      through({{"type", "Metaspace"}, {"replacement", "-"}, {"prepend_scheme", "never"}, {"split", false}}, "a a"),
      "a- a");
  EXPECT_EQ(
      through({{"type", "Sequence"}, {"pretokenizers", {{{"type", "WhitespaceSplit"}}, {{"type", "Digits"}}}}}, "a1 a"),
      "a 1 a");
}

TEST(SplitterJson, NamesWhatIsWrong) {
  EXPECT_EQ(refusal({{"type", "Split"}, {"pattern", {{"String", "."}}}, {"behavior", "Dropped"}}),
            "tokenizer.json: pre_tokenizer Split: there is no behavior Dropped");
  EXPECT_EQ(refusal({{"type", "Sequence"}, {"pretokenizers", {{{"type", "ByteLevel"}}, {{"type", "Digits"}}}}}),
            "tokenizer.json: pre_tokenizer Digits behind ByteLevel is not supported");
  EXPECT_EQ(refusal({{"type", "Metaspace"}, {"replacement", "--"}}),
            "tokenizer.json: replacement must be one character, got \"--\"");
  EXPECT_EQ(refusal({{"type", "Metaspace"}, {"replacement", "-"}, {"prepend_scheme", "last"}}),
            "tokenizer.json: Metaspace: there is no prepend_scheme last");
  EXPECT_EQ(
      refusal({{"type", "Metaspace"}, {"replacement", "-"}, {"prepend_scheme", "first"}, {"add_prefix_space", false}}),
      "tokenizer.json: Metaspace: add_prefix_space false and prepend_scheme first contradict each other");
  EXPECT_NE(refusal({{"type", "Split"}, {"pattern", {{"Regex", "(a"}}}, {"behavior", "Isolated"}})
                .find("the pattern \"(a\" is not valid at 2"),
            std::string::npos);
}

}  // namespace
}  // namespace sequent
