// Where a text can be cut so that its parts, encoded on their own, give the same ids; and what cannot be a tokenizer.
#include "sequent/text/tokenizer_pipeline.h"

#include <gtest/gtest.h>

#include "sequent/base/files.h"
#include "tests/text/json_tokenizers.h"
#include "tests/text/texts.h"

namespace sequent {
namespace {

using nlohmann::json;

json trained() {
  return json::parse(read_text(SEQUENT_SOURCE_DIR "/tests/golden/text/trained_tokenizer.json"));
}

/// Whether the parts of a long text, cut wherever it may be, give the ids of the whole; how often it was cut.
std::size_t cuts(const Tokenizer& tokenizer) {
  std::size_t count = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const std::string text = test::random_text(seed, 300, seed % 2 == 0);
    std::vector<std::int32_t> ids;
    for (std::string_view left = text; !left.empty();) {
      const auto cut = static_cast<std::size_t>(tokenizer.safe_cut(left, 20));
      for (const std::int32_t id : tokenizer.encode(left.substr(0, cut))) ids.push_back(id);
      left.remove_prefix(cut);
      count += left.empty() ? 0 : 1;
    }
    EXPECT_EQ(ids, tokenizer.encode(text));
  }
  return count;
}

TEST(TokenizerPipeline, PartsGiveTheIdsOfTheWhole) {
  const std::string golden = SEQUENT_SOURCE_DIR "/tests/golden/tokenizers/";
  EXPECT_GT(cuts(Tokenizer::from_json(trained().dump())), 50u);
  EXPECT_GT(cuts(Tokenizer::bytes()), 1000u);
  for (const char* name : {"bpe.json", "unigram.json", "bpe.model", "unigram.model"}) {
    EXPECT_EQ(cuts(Tokenizer::load(golden + name)), 0u) << name;
  }
}

TEST(TokenizerPipeline, IsNotCutWhereTheFileForbidsIt) {
  const auto cut = [](auto&& change) {
    json file = trained();
    change(file);
    return cuts(Tokenizer::from_json(file.dump()));
  };
  const auto add = [](json& file, const json& flags) {
    json token = {{"id", 440}, {"content", "the"}, {"special", false}, {"normalized", false}};
    token.update(flags);
    file["added_tokens"].push_back(token);
  };
  EXPECT_GT(cut([](json& file) { file["normalizer"] = {{"type", "NFC"}}; }), 50u);
  EXPECT_EQ(cut([](json& file) {
              file["normalizer"] = {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}};
            }),
            0u);
  EXPECT_EQ(cut([](json& file) { file["pre_tokenizer"]["add_prefix_space"] = true; }), 0u);
  EXPECT_GT(cut([&](json& file) { add(file, json::object()); }), 50u);
  EXPECT_EQ(cut([&](json& file) { add(file, {{"content", "a\n"}}); }), 0u);
  EXPECT_EQ(cut([&](json& file) { add(file, {{"rstrip", true}}); }), 0u);
  EXPECT_EQ(cut([&](json& file) { add(file, {{"single_word", true}}); }), 0u);
}

TEST(TokenizerPipeline, BoundsWhatADecoderMakesOfTheTokens) {
  json file = test::character_tokenizer();
  for (int i = 0; i < 3000; ++i) file["model"]["vocab"]["aaaaaaaaaa" + std::to_string(i)] = 100 + i;
  file["decoder"] = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(600, 'x')}};
  EXPECT_EQ(test::refusal_of(file), "tokenizer.json: the decoder makes the tokens too long");
}

}  // namespace
}  // namespace sequent
