#include <gtest/gtest.h>

#include "sequent/base/files.h"
#include "tests/text/json_tokenizers.h"

namespace sequent {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int32_t>;

const std::string kGolden = SEQUENT_SOURCE_DIR "/tests/golden/tokenizers/";

Tokenizer with(const std::string& file, const json& config) {
  return Tokenizer::load(kGolden + file).with_config(config.dump());
}

TEST(TokenizerConfig, NamesTheTokensOfBeginAndEnd) {
  const Tokenizer tokenizer =
      with("bpe.json", {{"bos_token", "<s>"}, {"eos_token", {{"content", "</s>"}, {"lstrip", false}}}});
  EXPECT_EQ(tokenizer.begin_token(), "<s>");
  EXPECT_EQ(tokenizer.end_token(), "</s>");
  EXPECT_EQ(Tokenizer::load(kGolden + "bpe.json").begin_token(), "");
}

// As these classes of Transformers do, whatever the tokenizer.json says.
TEST(TokenizerConfig, SomeClassesDecideWhatStandsAroundAPrompt) {
  EXPECT_EQ(with("bpe.model", {{"tokenizer_class", "LlamaTokenizer"}}).encode_prompt(""), Ids{1});
  EXPECT_EQ(
      with("bpe.json", {{"tokenizer_class", "LlamaTokenizerFast"}, {"add_bos_token", false}, {"add_eos_token", true}})
          .encode_prompt(""),
      Ids{2});
  EXPECT_EQ(with("unigram.model", {{"tokenizer_class", "T5Tokenizer"}}).encode_prompt(""), Ids{1});
  EXPECT_EQ(
      with("bpe.model", {{"tokenizer_class", "PreTrainedTokenizerFast"}, {"add_bos_token", true}}).encode_prompt(""),
      Ids{});
  EXPECT_EQ(with("bpe.model", {{"tokenizer_class", "LlamaTokenizer"}}).encode("").size(), 0u);
}

TEST(TokenizerConfig, TheEosTokenEndsATextWhereNoOtherDoes) {
  json file = test::character_tokenizer();
  EXPECT_EQ(Tokenizer::from_json(file.dump()).end_of_text(), -1);
  EXPECT_EQ(Tokenizer::from_json(file.dump()).with_config(R"({"eos_token": "-"})").end_of_text(), 3);
}

TEST(TokenizerConfig, IsReadFromADirectoryAndSavedAsItWas) {
  const test::TemporaryDirectory directory, other;
  write_file_atomically(directory / "spiece.model", read_text(kGolden + "unigram.model"));
  const std::string config = R"({ "tokenizer_class": "T5Tokenizer", "chat_template": "x" })";
  write_file_atomically(directory / "tokenizer_config.json", config);
  const Tokenizer loaded = Tokenizer::load(directory.path());
  EXPECT_EQ(loaded.encode_prompt(""), Ids{1});
  loaded.save(other.path());
  EXPECT_EQ(read_text(other / "tokenizer_config.json"), config);
  EXPECT_EQ(read_text(other / "spiece.model"), loaded.file());
  EXPECT_EQ(Tokenizer::load(other.path()).fingerprint(), loaded.fingerprint());
  EXPECT_NE(Tokenizer::load(other / "spiece.model").fingerprint(), loaded.fingerprint());
}

TEST(TokenizerConfig, NamesWhatIsWrong) {
  const auto refusal = [](const std::string& config) {
    return test::error_of([&] { Tokenizer::bytes().with_config(config, "config"); });
  };
  EXPECT_EQ(refusal("[]"), "config: must be a JSON object, got array");
  EXPECT_NE(refusal("{").find("config: not valid JSON"), std::string::npos);
  EXPECT_NE(refusal(R"({"bos_token": 3})").find("config: not a valid tokenizer_config.json"), std::string::npos);
  EXPECT_EQ(refusal(R"({"tokenizer_class": "LlamaTokenizer"})"),
            "config: the token \"<s>\" to put around a prompt is not in the vocabulary");
}

}  // namespace
}  // namespace sequent
