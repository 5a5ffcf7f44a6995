// Each type of normalizer, as a file names it.
#include <gtest/gtest.h>

#include "tests/text/json_tokenizers.h"

namespace sequent {
namespace {

using nlohmann::json;

std::string through(const json& normalizer, std::string_view text) {
  json file = test::character_tokenizer();
  file["normalizer"] = normalizer;
  return test::through(file, text);
}

std::string refusal(const json& normalizer) {
  json file = test::character_tokenizer();
  file["normalizer"] = normalizer;
  return test::refusal_of(file);
}

TEST(NormalizerJson, KnowsEveryType) {
  EXPECT_EQ(through({{"type", "NFC"}}, "e\u0301"), "\u00e9");
  EXPECT_EQ(through({{"type", "NFKC"}}, "\uff21"), "A");
  EXPECT_EQ(through({{"type", "NFKD"}}, "\ufb01"), "fi");
  EXPECT_EQ(through({{"type", "NFD"}}, "\u00e9"), "e<unk>");
  EXPECT_EQ(through({{"type", "Lowercase"}}, "ABc"), "abc");
  EXPECT_EQ(through({{"type", "Strip"}, {"strip_left", true}, {"strip_right", false}}, "  a "), "a ");
  EXPECT_EQ(through({{"type", "StripAccents"}}, "e\u0301"), "e");
  EXPECT_EQ(through({{"type", "Nmt"}}, "a\nb"), "a b");
  EXPECT_EQ(through({{"type", "Prepend"}, {"prepend", "ab"}}, "c"), "abc");
  EXPECT_EQ(through({{"type", "Replace"}, {"pattern", {{"String", "."}}}, {"content", "a"}}, "b."), "ba");
  EXPECT_EQ(through({{"type", "Replace"}, {"pattern", {{"Regex", "."}}}, {"content", "a"}}, "b."), "aa");
  EXPECT_EQ(through({{"type", "Precompiled"}, {"precompiled_charsmap", ""}}, "ab"), "ab");
  EXPECT_EQ(through({{"type", "Sequence"}, {"normalizers", {{{"type", "NFD"}}, {{"type", "StripAccents"}}}}}, "\u00e9"),
            "e");
}

TEST(NormalizerJson, NamesWhatIsWrong) {
  EXPECT_EQ(refusal({{"type", "Sequence"}, {"normalizers", {{{"type", "ByteLevel"}}}}}),
            "tokenizer.json: normalizer ByteLevel is not supported");
  EXPECT_EQ(refusal({{"type", "Precompiled"}, {"precompiled_charsmap", "a.b"}}),
            "tokenizer.json: the precompiled_charsmap must be base64");
  EXPECT_EQ(refusal({{"type", "Precompiled"}, {"precompiled_charsmap", "AAAA"}}),
            "tokenizer.json: the character map must have at least 4 bytes, got 3");
  EXPECT_NE(refusal({{"type", "Replace"}, {"pattern", {{"Regex", "("}}}, {"content", ""}}).find("is not valid"),
            std::string::npos);
  EXPECT_NE(refusal({{"type", "Replace"}}).find("not a valid tokenizer.json"), std::string::npos);
}

}  // namespace
}  // namespace sequent
