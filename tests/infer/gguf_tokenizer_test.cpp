#include "sequent/infer/gguf_tokenizer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/checkpoint/gguf.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

const std::string kText = "The quick brown fox's 1234 jumps,\n\n  naïve café 漢字 \t over <|endoftext|> it";

std::string file_with(const test::TemporaryDirectory& directory, const GgufValues& values) {
  const std::string path = directory / "tokenizer.gguf";
  save_gguf(path, values, {}, [](std::size_t) { return Tensor(); });
  return path;
}

GgufValues lists_only(GgufValues values) {
  std::erase_if(values, [](const auto& value) { return value.first == "tokenizer.huggingface.json"; });
  return values;
}

TEST(GgufTokenizer, IsTheSameFromItsJson) {
  test::TemporaryDirectory directory;
  const std::string path = file_with(directory, gguf_tokenizer_values(Tokenizer::bytes(), 257));
  EXPECT_EQ(read_gguf_tokenizer(path).file(), Tokenizer::bytes().file());
}

class GgufTokenizerLists : public testing::TestWithParam<std::string> {};

TEST_P(GgufTokenizerLists, GiveTheSameIds) {
  test::TemporaryDirectory directory;
  const Tokenizer original = Tokenizer::load(SEQUENT_SOURCE_DIR "/tests/golden/text/" + GetParam());
  const std::int64_t rows = original.vocabulary_size() + 7;
  const std::string path = file_with(directory, lists_only(gguf_tokenizer_values(original, rows)));
  const Tokenizer read = read_gguf_tokenizer(path);
  for (const bool special : {false, true}) EXPECT_EQ(read.encode(kText, special), original.encode(kText, special));
  EXPECT_EQ(read.decode(read.encode(kText)), kText);
  EXPECT_EQ(read.end_of_text(), original.end_of_text());
  // One entry for each row of the embedding.
  EXPECT_EQ(read_gguf_metadata(path).texts("tokenizer.ggml.tokens").size(), static_cast<std::size_t>(rows));
  EXPECT_EQ(read_gguf_metadata(path).integers("tokenizer.ggml.token_type").back(), 5);
}

INSTANTIATE_TEST_SUITE_P(All, GgufTokenizerLists, testing::Values("byte_tokenizer.json", "trained_tokenizer.json"),
                         [](const auto& instance) { return instance.param.substr(0, instance.param.find('_')); });

TEST(GgufTokenizer, RefusesWhatItDoesNotKnow) {
  test::TemporaryDirectory directory;
  GgufValues values = lists_only(gguf_tokenizer_values(Tokenizer::bytes(), 257));
  values[1].second = std::string("default");
  std::string path = file_with(directory, values);
  EXPECT_EQ(test::error_of([&] { read_gguf_tokenizer(path); }),
            path +
                ": tokenizer.ggml.pre 'default' is not supported; known are gpt-2, mpt, olmo, llama-bpe, llama3, "
                "llama-v3, qwen2");
  values[0].second = std::string("bert");
  path = file_with(directory, values);
  EXPECT_EQ(
      test::error_of([&] { read_gguf_tokenizer(path); }),
      path +
          ": tokenizer.ggml.model 'bert' is not supported, only gpt2 (byte-level BPE), llama and t5 (SentencePiece)");
  path = file_with(directory, {});
  EXPECT_EQ(test::error_of([&] { read_gguf_tokenizer(path); }), path + ": tokenizer.ggml.model is missing");
}

// A pre-tokenizer without a name there: other programs get no tokenizer rather than a wrong one.
TEST(GgufTokenizer, WritesNoListsWhereTheyWouldBeWrong) {
  nlohmann::json file = nlohmann::json::parse(Tokenizer::bytes().file());
  file["pre_tokenizer"]["add_prefix_space"] = true;
  const Tokenizer tokenizer = Tokenizer::from_json(file.dump());
  test::TemporaryDirectory directory;
  const std::string path = file_with(directory, gguf_tokenizer_values(tokenizer, 257));
  EXPECT_EQ(read_gguf_metadata(path).text("tokenizer.ggml.model"), "no_vocab");
  EXPECT_EQ(read_gguf_tokenizer(path).encode("a"), tokenizer.encode("a"));
}

}  // namespace
}  // namespace sequent
