// The models, as a file names them.
#include <gtest/gtest.h>

#include "tests/text/json_tokenizers.h"

namespace sequent {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int32_t>;

/// [[token, score], ...]
json scored(const std::vector<std::pair<std::string, double>>& tokens) {
  json vocab = json::array();
  for (const auto& [token, score] : tokens) vocab.push_back(json::array({token, score}));
  return vocab;
}

json unigram() {
  return {{"model",
           {{"type", "Unigram"},
            {"unk_id", 0},
            {"vocab", scored({{"<unk>", 0.0}, {"a", -1.0}, {"b", -2.5}, {"ab", -3.0}})}}},
          {"decoder", {{"type", "Fuse"}}}};
}

TEST(ModelJson, ReadsUnigramModels) {
  const Tokenizer tokenizer = Tokenizer::from_json(unigram().dump());
  EXPECT_EQ(tokenizer.encode("abaxy"), (Ids{3, 1, 0}));
  EXPECT_EQ(tokenizer.vocabulary_size(), 4);
  json file = unigram();
  file["model"]["unk_id"] = nullptr;
  EXPECT_EQ(test::error_of([&] { Tokenizer::from_json(file.dump()).encode("x"); }),
            "tokenizer: the vocabulary must have a token for every character of the text, got none for \"x\"");
}

TEST(ModelJson, TheUnknownCostsTenMoreThanTheWorst) {
  json file = unigram();
  file["model"]["vocab"] = scored({{"<unk>", 0.0}, {"ab", -23.5}, {"a", -1.0}});
  EXPECT_EQ(Tokenizer::from_json(file.dump()).encode("ab"), Ids{1});  // a and the unknown: -1 - 33.5
  file["model"]["vocab"] = scored({{"<unk>", 0.0}, {"ab", -12.0}, {"a", 12.0}});
  EXPECT_EQ(Tokenizer::from_json(file.dump()).encode("ab"), (Ids{2, 0}));  // 12 - 22
}

TEST(ModelJson, ByteLevelModelsWithAllBytesKnowNothingUnknown) {
  json file = json::parse(Tokenizer::bytes().file());
  for (const char* option : {"byte_fallback", "fuse_unk"}) file["model"][option] = true;
  EXPECT_EQ(Tokenizer::from_json(file.dump()).encode("a\xFF"), (Ids{'a', 255}));
  file["model"]["vocab"].erase("a");
  EXPECT_EQ(test::refusal_of(file), "tokenizer.json: model option byte_fallback is not supported, got true");
}

TEST(ModelJson, TokensThatStandForNoBytesAreNeverFound) {
  json file = json::parse(Tokenizer::bytes().file());
  file["model"]["vocab"]["\u4f60"] = 300;
  file["model"]["vocab"][" "] = 301;  // a space is written U+0120
  file["model"]["merges"] = {"\u4f60 a"};
  file["model"]["vocab"]
      ["\u4f60"
       "a"] = 302;
  const Tokenizer tokenizer = Tokenizer::from_json(file.dump());
  EXPECT_EQ(tokenizer.encode(" "), Ids{' '});
  EXPECT_EQ(tokenizer.encode("\u4f60").size(), 3u);
  EXPECT_EQ(tokenizer.decode(Ids{300, 301}), "\u4f60 ");
}

TEST(ModelJson, TheVersionLineOfAMergesFileIsNoMerge) {
  json file = json::parse(Tokenizer::bytes().file());
  file["model"]["vocab"]["ab"] = 300;
  file["model"]["merges"] = {"#version: 0.2", "a b"};
  EXPECT_EQ(Tokenizer::from_json(file.dump()).encode("ab"), Ids{300});
}

TEST(ModelJson, NamesWhatIsWrong) {
  json file = unigram();
  file["model"]["unk_id"] = 4;
  EXPECT_EQ(test::refusal_of(file), "tokenizer: the unknown token must be one of 4, got id 4");
  file = unigram();
  file["pre_tokenizer"] = {{"type", "ByteLevel"}};
  EXPECT_EQ(test::refusal_of(file), "tokenizer.json: model Unigram behind pre_tokenizer ByteLevel is not supported");
  file = unigram();
  file["model"]["vocab"][1] = json::array({"a"});
  EXPECT_NE(test::refusal_of(file).find("not a valid tokenizer.json"), std::string::npos);
  file["model"]["vocab"][1] = json::array({"a", 1e300});
  EXPECT_NE(test::refusal_of(file).find("the score of a token must be a number of at most"), std::string::npos);
}

}  // namespace
}  // namespace sequent
