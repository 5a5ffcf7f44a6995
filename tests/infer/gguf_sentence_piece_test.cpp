#include "sequent/infer/gguf_sentence_piece.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/base/files.h"
#include "sequent/infer/gguf_tokenizer.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::int32_t>;

const std::string kGolden = SEQUENT_SOURCE_DIR "/tests/golden/";

const Json& cases() {
  static const Json file = Json::parse(read_text(kGolden + "tokenizers/cases.json"));
  return file;
}

void expect_ids(const Tokenizer& tokenizer, const Json& expected) {
  const Json& texts = cases().at("texts");
  ASSERT_EQ(texts.size(), expected.at("ids").size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(tokenizer.encode(texts[i].get<std::string>()), expected.at("ids")[i].get<Ids>()) << texts[i];
  }
}

// Only what llama.cpp reads, of a tokenizer saved here.
Tokenizer through_lists(const Tokenizer& tokenizer, std::int64_t vocabulary) {
  const test::TemporaryDirectory directory;
  GgufValues values = gguf_tokenizer_values(tokenizer, vocabulary);
  std::erase_if(values, [](const auto& value) {
    return value.first == "tokenizer.huggingface.json" || value.first == "tokenizer.sentencepiece.model";
  });
  const std::string path = directory / "tokenizer.gguf";
  save_gguf(path, values, {}, [](std::size_t) { return Tensor(); });
  return read_gguf_tokenizer(path);
}

TEST(GgufSentencePiece, ListsThatOthersWroteGiveTheIdsOfSentencePiece) {
  expect_ids(read_gguf_tokenizer(kGolden + "tokenizers/llama.gguf"), cases().at("models").at("bpe"));
  expect_ids(read_gguf_tokenizer(kGolden + "tokenizers/t5.gguf"), cases().at("models").at("unigram"));
}

TEST(GgufSentencePiece, ListsWrittenHereGiveTheSame) {
  for (const char* kind : {"bpe", "unigram"}) {
    const Tokenizer original = Tokenizer::load(kGolden + "tokenizers/" + kind + ".model");
    expect_ids(through_lists(original, original.vocabulary_size() + 5), cases().at("models").at(kind));
  }
}

TEST(GgufSentencePiece, ATokenizerJsonLikeLlamasHasLists) {
  const Tokenizer original = Tokenizer::load(kGolden + "tokenizers/bpe.json");
  const Tokenizer read = through_lists(original, original.vocabulary_size());
  EXPECT_EQ(read.file_name(), "tokenizer.model");
  for (const Json& each : cases().at("texts")) {
    const auto text = each.get<std::string>();
    EXPECT_EQ(read.encode(text), original.encode(text)) << text;
  }
  EXPECT_EQ(read.encode_prompt("a b"), original.encode_prompt("a b"));
}

TEST(GgufSentencePiece, OtherTokenizersHaveNone) {
  const Json llama = Json::parse(read_text(kGolden + "tokenizers/bpe.json"));
  EXPECT_TRUE(sentence_piece_of(llama));
  const auto with = [&](const char* pointer, Json value) {
    Json changed = llama;
    changed[Json::json_pointer(pointer)] = std::move(value);
    return sentence_piece_of(changed);
  };
  EXPECT_FALSE(with("/normalizer", {{"type", "NFC"}}));
  EXPECT_FALSE(with("/pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "\u2581"}, {"split", false}}));
  EXPECT_FALSE(with("/model/byte_fallback", false));
  EXPECT_FALSE(with("/model/ignore_merges", true));
  EXPECT_FALSE(with("/model/merges", Json::array()));
  EXPECT_FALSE(sentence_piece_of(Json::parse(read_text(kGolden + "tokenizers/unigram.json"))));
  Json never = llama;
  never["normalizer"] = nullptr;
  never["pre_tokenizer"] = {
      {"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "never"}, {"split", false}};
  ASSERT_TRUE(sentence_piece_of(never));
  EXPECT_FALSE(sentence_piece_of(never)->add_dummy_prefix);
}

TEST(GgufSentencePiece, RefusesListsThatDoNotFit) {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "tokenizer.gguf";
  GgufValues values = {{"tokenizer.ggml.model", std::string("llama")},
                       {"tokenizer.ggml.tokens", std::vector<std::string>{"<unk>", "a"}},
                       {"tokenizer.ggml.scores", std::vector<float>{0}},
                       {"tokenizer.ggml.token_type", std::vector<std::int32_t>{2, 9}}};
  const auto error = [&] {
    save_gguf(path, values, {}, [](std::size_t) { return Tensor(); });
    return test::error_of([&] { read_gguf_tokenizer(path); });
  };
  EXPECT_EQ(error(), path + ": there must be a score and a type for each of 2 tokens, got 1 and 2");
  values[2].second = std::vector<float>{0, 0};
  EXPECT_EQ(error(), path + ": tokenizer.ggml.token_type must be from 1 to 6, got 9 for token 1");
}

}  // namespace
}  // namespace sequent
