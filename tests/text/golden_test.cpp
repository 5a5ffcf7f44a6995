// Against the `tokenizers` library; see tools/golden/check_tokenizer.py.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/base/files.h"
#include "sequent/text/bpe_trainer.h"
#include "sequent/text/tokenizer.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

std::filesystem::path golden(std::string_view name) {
  return std::filesystem::path(SEQUENT_SOURCE_DIR) / "tests" / "golden" / "text" / name;
}

std::string golden_text(std::string_view name) {
  return read_text(golden(name).string());
}

TEST(Golden, FilesWrittenHereAreThoseTheLibraryWasAsked) {
  const std::filesystem::path corpus = golden("corpus.txt");
  EXPECT_EQ(Tokenizer::bytes().json(), golden_text("byte_tokenizer.json"));
  EXPECT_EQ(train_bpe(Corpus(std::span(&corpus, 1)), {.vocabulary_size = 440, .progress = {}}).json(),
            golden_text("trained_tokenizer.json"));
}

TEST(Golden, GivesTheIdsOfTheLibrary) {
  const Json expected = Json::parse(golden_text("ids.json"));
  const auto& texts = expected.at("texts");
  for (const auto& [name, variant] : expected.at("variants").items()) {
    SCOPED_TRACE(name);
    Json file = Json::parse(golden_text(name == "byte" ? "byte_tokenizer.json" : "trained_tokenizer.json"));
    const Json& changes = variant.at("changes");
    for (const char* key : {"normalizer", "pre_tokenizer", "added_tokens"}) file[key] = changes.at(key);
    file["model"]["ignore_merges"] = changes.at("ignore_merges");
    const Tokenizer tokenizer = Tokenizer::from_json(file.dump());
    ASSERT_EQ(texts.size(), variant.at("ids").size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto text = texts[i].get<std::string>();
      const auto ids = tokenizer.encode(text);
      EXPECT_EQ(ids, variant.at("ids")[i].get<std::vector<std::int32_t>>()) << text;
      if (name != "neox" && name != "prefix") {
        EXPECT_EQ(tokenizer.decode(ids), text);
      }
    }
  }
}

}  // namespace
}  // namespace sequent
