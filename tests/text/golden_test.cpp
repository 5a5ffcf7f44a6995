// Against the `tokenizers` and `sentencepiece` libraries; see tools/golden/check_tokenizer.py and
// tokenizer_pipelines.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "sequent/base/files.h"
#include "sequent/text/bpe_trainer.h"
#include "sequent/text/stream_decoder.h"
#include "sequent/text/tokenizer.h"

namespace sequent {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::int32_t>;

std::filesystem::path golden(std::string_view name) {
  return std::filesystem::path(SEQUENT_SOURCE_DIR) / "tests" / "golden" / name;
}

std::string golden_text(std::string_view name) {
  return read_text(golden(name).string());
}

TEST(Golden, FilesWrittenHereAreThoseTheLibraryWasAsked) {
  const std::filesystem::path corpus = golden("text/corpus.txt");
  EXPECT_EQ(Tokenizer::bytes().file(), golden_text("text/byte_tokenizer.json"));
  EXPECT_EQ(train_bpe(Corpus(std::span(&corpus, 1)), {.vocabulary_size = 440, .progress = {}}).file(),
            golden_text("text/trained_tokenizer.json"));
}

TEST(Golden, GivesTheIdsOfTheLibrary) {
  const Json expected = Json::parse(golden_text("text/ids.json"));
  const auto& texts = expected.at("texts");
  for (const auto& [name, variant] : expected.at("variants").items()) {
    SCOPED_TRACE(name);
    Json file = Json::parse(golden_text(name == "byte" ? "text/byte_tokenizer.json" : "text/trained_tokenizer.json"));
    const Json& changes = variant.at("changes");
    for (const char* key : {"normalizer", "pre_tokenizer", "added_tokens"}) file[key] = changes.at(key);
    file["model"]["ignore_merges"] = changes.at("ignore_merges");
    const Tokenizer tokenizer = Tokenizer::from_json(file.dump());
    ASSERT_EQ(texts.size(), variant.at("ids").size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto text = texts[i].get<std::string>();
      const auto ids = tokenizer.encode(text);
      EXPECT_EQ(ids, variant.at("ids")[i].get<Ids>()) << text;
      if (name != "neox" && name != "prefix") {
        EXPECT_EQ(tokenizer.decode(ids), text);
      }
    }
  }
}

/// The file of a variant: the base with what it changes; of the model only single options.
std::string changed(const std::string& base, const Json& changes) {
  Json file = Json::parse(base);
  for (const auto& [key, value] : changes.items()) {
    if (key == "model") {
      file["model"].update(value);
    } else {
      file[key] = value;
    }
  }
  return file.dump();
}

/// The pieces of the BPE model, with bytes, as a unigram model.
std::string bpe_as_unigram() {
  Json file = Json::parse(golden_text("tokenizers/bpe.json"));
  Json vocab = Json::array();
  const Json pieces = file.at("model").at("vocab");
  vocab.get_ref<Json::array_t&>().resize(pieces.size());
  for (const auto& [piece, id] : pieces.items()) {
    const double characters = static_cast<double>(std::count_if(
        piece.begin(), piece.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
    vocab[id.get<std::size_t>()] = {piece, -characters / 3 - id.get<double>() / 100};
  }
  file["model"] = {{"type", "Unigram"}, {"unk_id", 0}, {"byte_fallback", true}, {"vocab", vocab}};
  return file.dump();
}

std::string decoded_as_stream(const Tokenizer& tokenizer, const Ids& ids) {
  StreamDecoder decoder(tokenizer);
  std::string text;
  for (const std::int32_t id : ids) text += decoder.push(id);
  return text + decoder.flush();
}

/// `expected`: the "ids" for each text and what they are "decoded" to, null for the text itself.
void expect_equal(const Tokenizer& tokenizer, const Json& texts, const Json& expected, bool special) {
  ASSERT_EQ(texts.size(), expected.at("ids").size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto text = texts[i].get<std::string>();
    const auto ids = expected.at("ids")[i].get<Ids>();
    const Json& decoded = expected.at("decoded")[i];
    EXPECT_EQ(tokenizer.encode(text, special), ids) << text;
    EXPECT_EQ(tokenizer.decode(ids), decoded.is_null() ? text : decoded.get<std::string>());
    EXPECT_EQ(decoded_as_stream(tokenizer, ids), tokenizer.decode(ids));
  }
}

TEST(Golden, EveryPipelineGivesTheIdsOfTheLibrary) {
  const Json expected = Json::parse(golden_text("tokenizers/cases.json"));
  const std::map<std::string, std::string> files = {{"bpe", golden_text("tokenizers/bpe.json")},
                                                    {"unigram", golden_text("tokenizers/unigram.json")},
                                                    {"bpe-as-unigram", bpe_as_unigram()},
                                                    {"byte-level", golden_text("text/trained_tokenizer.json")}};
  ASSERT_GT(expected.at("variants").size(), 40u);
  for (const auto& [name, variant] : expected.at("variants").items()) {
    SCOPED_TRACE(name);
    const Tokenizer tokenizer =
        Tokenizer::from_json(changed(files.at(variant.at("file").get<std::string>()), variant.at("changes")));
    expect_equal(tokenizer, expected.at("texts"), variant, true);
    EXPECT_EQ(tokenizer.encode_prompt(""), variant.at("around").get<Ids>());
  }
}

TEST(Golden, ModelsOfSentencePieceGiveItsIds) {
  const Json expected = Json::parse(golden_text("tokenizers/cases.json"));
  for (const auto& [name, model] : expected.at("models").items()) {
    SCOPED_TRACE(name);
    const Tokenizer tokenizer = Tokenizer::load(golden("tokenizers/" + name + ".model"));
    expect_equal(tokenizer, expected.at("texts"), model, false);
  }
}

}  // namespace
}  // namespace sequent
