// What a tokenizer.json may ask for, and what is refused by name.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "sequent/text/tokenizer.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::int32_t>;

/// A small valid file: the bytes, "ab" (257) and "abc" (258), GPT-2's words.
Json file() {
  Json json = Json::parse(Tokenizer::bytes().file());
  json["pre_tokenizer"]["use_regex"] = true;
  json["model"]["vocab"]["ab"] = 257;
  json["model"]["vocab"]["abc"] = 258;
  json["model"]["merges"] = {"a b", "ab c"};
  return json;
}

Tokenizer tokenizer(const Json& json) {
  return Tokenizer::from_json(json.dump());
}

/// The error of the file after `change`.
template <class Change>
std::string refusal(Change&& change) {
  Json json = file();
  change(json);
  return test::error_of([&] { tokenizer(json); });
}

Json added(std::int32_t id, const char* content, bool special, bool normalized) {
  return {{"id", id}, {"content", content}, {"special", special}, {"normalized", normalized}};
}

TEST(TokenizerJson, ReadsMergesAsTextOrPairs) {
  Json json = file();
  EXPECT_EQ(tokenizer(json).encode("abcab"), (Ids{258, 257}));
  json["model"]["merges"] = Json::array({Json::array({"a", "b"}), Json::array({"ab", "c"})});
  EXPECT_EQ(tokenizer(json).encode("abcab"), (Ids{258, 257}));
  json["model"].erase("type");  // the oldest files
  EXPECT_EQ(tokenizer(json).encode("abcab"), (Ids{258, 257}));
}

TEST(TokenizerJson, KeepsTheFileAsItWas) {
  const std::string text = file().dump(3);
  EXPECT_EQ(Tokenizer::from_json(text).file(), text);
}

TEST(TokenizerJson, FindsAddedTokensLongestFirst) {
  Json json = file();
  json["added_tokens"].push_back(added(300, "  ", false, true));
  json["added_tokens"].push_back(added(301, "    ", false, true));
  json["added_tokens"].push_back(added(302, "\u212b", false, false));
  json["added_tokens"].push_back(added(303, "<pad>", true, false));
  json["normalizer"] = {{"type", "NFC"}};
  const Tokenizer with = tokenizer(json);
  EXPECT_EQ(with.vocabulary_size(), 304);
  EXPECT_EQ(with.encode("a     ab<pad>"), (Ids{'a', 301, ' ', 257, '<', 'p', 'a', 'd', '>'}));
  EXPECT_EQ(with.encode("ab<pad>ab", true), (Ids{257, 303, 257}));
  // Before normalisation, which would make it U+00C5.
  EXPECT_EQ(with.encode("\u212b"), (Ids{302}));
  EXPECT_EQ(with.decode(Ids{257, 303, 301}), "ab    ");
  EXPECT_EQ(with.text_bytes(301), 4);
  EXPECT_EQ(with.text_bytes(303), 0);
}

TEST(TokenizerJson, NormalizesToComposedForm) {
  Json json = file();
  json["normalizer"] = {{"type", "Sequence"}, {"normalizers", {{{"type", "NFC"}}}}};
  const Tokenizer composed = tokenizer(json);
  const auto through = [&](std::string_view text) { return composed.decode(composed.encode(text)); };
  EXPECT_EQ(through("cafe\u0301"), "caf\u00e9");
  EXPECT_EQ(through("\u1112\u1161\u11ab"), "\ud55c");
  EXPECT_EQ(through("e\xCC \u0301\xFFx\u0301"), "e\xCC \u0301\xFFx\u0301");  // invalid bytes stay
  EXPECT_EQ(through("e\xFF\u0301"), "e\xFF\u0301");                          // and are not composed over
  EXPECT_EQ(through("plain \u00e9"), "plain \u00e9");
}

TEST(TokenizerJson, EndOfTextIsTheSpecialTokenOfThatName) {
  EXPECT_EQ(tokenizer(file()).end_of_text(), 256);
  Json json = file();
  json["added_tokens"] = {added(256, "</s>", true, false)};
  EXPECT_EQ(tokenizer(json).end_of_text(), 256);
  json["added_tokens"] = Json::array();
  EXPECT_EQ(tokenizer(json).end_of_text(), -1);
}

TEST(TokenizerJson, NamesWhatIsNotSupported) {
  const std::string name = "tokenizer.json: ";
  EXPECT_EQ(refusal([](Json& j) {
              j["normalizer"] = {{"type", "BertNormalizer"}};
            }),
            name + "normalizer BertNormalizer is not supported");
  EXPECT_EQ(refusal([](Json& j) {
              j["pre_tokenizer"] = {{"type", "UnicodeScripts"}};
            }),
            name + "pre_tokenizer UnicodeScripts is not supported");
  EXPECT_EQ(refusal([](Json& j) {
              j["post_processor"] = {{"type", "Other"}};
            }),
            name + "post_processor Other is not supported");
  EXPECT_EQ(refusal([](Json& j) { j["decoder"]["type"] = "CTC"; }), name + "decoder CTC is not supported");
  EXPECT_EQ(refusal([](Json& j) { j["decoder"] = Json::object(); }), name + "decoder (no type) is not supported");
  EXPECT_EQ(refusal([](Json& j) { j["model"]["type"] = "WordPiece"; }), name + "model WordPiece is not supported");
  EXPECT_EQ(refusal([](Json& j) { j["model"]["dropout"] = 0.5; }),
            name + "model option dropout is not supported, got 0.5");
}

TEST(TokenizerJson, AddedTokensAreSearchedForAsTheNormalizerWritesThem) {
  Json json = file();
  json["normalizer"] = {{"type", "Lowercase"}};
  json["added_tokens"].push_back(added(300, "YES", false, true));
  json["added_tokens"].push_back(added(301, "NO", false, false));
  EXPECT_EQ(tokenizer(json).encode("yEsNOno"), (Ids{300, 301, 'n', 'o'}));
  EXPECT_EQ(tokenizer(json).decode(Ids{300}), "YES");
}

TEST(TokenizerJson, TheModelsIdOfAnAddedTokenCounts) {
  Json json = file();
  json["added_tokens"].push_back(added(300, "abc", true, false));
  EXPECT_EQ(tokenizer(json).special_token("abc"), 258);
}

TEST(TokenizerJson, NamesWhatIsWrong) {
  const std::string name = "tokenizer.json: ";
  EXPECT_EQ(refusal([](Json& j) { j = Json::array(); }), name + "a tokenizer.json must be an object with a \"model\"");
  EXPECT_EQ(refusal([](Json& j) {
              j["model"]["merges"] = {"a b", "abc"};
            }),
            name + "a merge must be \"left right\" or [left, right], got \"abc\"");
  EXPECT_EQ(refusal([](Json& j) { j["model"]["merges"] = {"a zz"}; }),
            name + "merge part \"zz\" is not in the vocabulary");
  EXPECT_NE(refusal([](Json& j) { j["model"]["merges"] = {"b a"}; }).find("makes \"ba\""), std::string::npos);
  EXPECT_EQ(refusal([](Json& j) { j["model"]["unk_token"] = "<unk>"; }),
            name + "unk_token \"<unk>\" is not in the vocabulary");
  EXPECT_NE(refusal([](Json& j) { j["model"]["vocab"]["x"] = -1; }).find("a token id must be from 0 to "),
            std::string::npos);
  EXPECT_EQ(refusal([](Json& j) { j["model"]["vocab"]["x"] = 257; }),
            name + "every token must have its own id, got 257 twice");
  // A table by id must not be larger than the file warrants.
  for (const std::int64_t id : {std::int64_t{1} << 40, std::int64_t{1} << 24}) {
    EXPECT_NE(refusal([&](Json& j) { j["added_tokens"][0]["id"] = id; }).find("a token id must be from 0 to "),
              std::string::npos);
  }
  EXPECT_NE(refusal([](Json& j) { j["model"].erase("vocab"); }).find("not a valid tokenizer.json"), std::string::npos);
  EXPECT_EQ(refusal([](Json& j) { j["model"]["vocab"] = 3; }), name + "the vocab of a BPE model must be an object");
  EXPECT_NE(test::error_of([] { Tokenizer::from_json("{\"model\": "); }).find("tokenizer.json"), std::string::npos);
}

TEST(TokenizerJson, AnyDamageIsAnErrorOrATokenizer) {
  const std::string good = file().dump();
  int refused = 0;
  for (std::size_t at = 0; at < good.size(); at += 3) {
    for (const char replacement : {'}', '"', '9', '-', 'n'}) {
      std::string damaged = good;
      damaged[at] = replacement;
      try {
        const Tokenizer result = Tokenizer::from_json(damaged);
        result.vocabulary_size();
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace sequent
