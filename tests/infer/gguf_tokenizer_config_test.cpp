#include "sequent/infer/gguf_tokenizer_config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/infer/gguf_tokenizer.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using Ids = std::vector<std::int32_t>;

const std::string kGolden = SEQUENT_SOURCE_DIR "/tests/golden/";

Tokenizer read_back(const GgufValues& values) {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "tokenizer.gguf";
  save_gguf(path, values, {}, [](std::size_t) { return Tensor(); });
  return read_gguf_tokenizer(path);
}

TEST(GgufTokenizerConfig, WhatIsLeftOpenIsAsInLlamaCpp) {
  // <s> before a text, though nothing in the file says so.
  const Tokenizer llama = read_gguf_tokenizer(kGolden + "tokenizers/llama.gguf");
  EXPECT_EQ(llama.encode_prompt(""), Ids{1});
  EXPECT_EQ(llama.begin_token(), "<s>");
  EXPECT_EQ(llama.end_token(), "</s>");
  const Tokenizer t5 = read_gguf_tokenizer(kGolden + "tokenizers/t5.gguf");
  EXPECT_EQ(t5.encode_prompt(""), Ids{1});
  EXPECT_EQ(t5.end_token(), "</s>");
}

TEST(GgufTokenizerConfig, PromptsStayAsTheyWere) {
  const Tokenizer plain = Tokenizer::load(kGolden + "tokenizers/bpe.model");
  const auto with = [&](bool begin, bool end) {
    return plain.with_config(nlohmann::json{
        {"tokenizer_class", "LlamaTokenizer"},
        {"bos_token", "<s>"},
        {"eos_token", "</s>"},
        {"add_bos_token", begin},
        {"add_eos_token", end}}.dump());
  };
  for (const bool begin : {false, true}) {
    for (const bool end : {false, true}) {
      const Tokenizer original = with(begin, end);
      GgufValues values = gguf_tokenizer_values(original, 600);
      values.emplace_back("tokenizer.ggml.eos_token_id", std::uint32_t{2});  // the model writes it
      EXPECT_EQ(read_back(values).encode_prompt("a b"), original.encode_prompt("a b")) << begin << end;
    }
  }
  // Of its own, and without a configuration.
  const Tokenizer json = Tokenizer::load(kGolden + "tokenizers/bpe.json");
  EXPECT_EQ(read_back(gguf_tokenizer_values(json, 600)).encode_prompt("a b"), json.encode_prompt("a b"));
  EXPECT_EQ(read_back(gguf_tokenizer_values(Tokenizer::bytes(), 257)).encode_prompt("a"), Ids{'a'});
}

TEST(GgufTokenizerConfig, RefusesTokensThatAreNotThere) {
  const test::TemporaryDirectory directory;
  GgufValues values = gguf_tokenizer_values(Tokenizer::bytes(), 257);
  values.emplace_back("tokenizer.ggml.eos_token_id", std::uint32_t{300});
  const std::string path = directory / "tokenizer.gguf";
  save_gguf(path, values, {}, [](std::size_t) { return Tensor(); });
  EXPECT_EQ(test::error_of([&] { read_gguf_tokenizer(path); }),
            path + ": tokenizer.ggml.eos_token_id must be a token of 257, got 300");
}

}  // namespace
}  // namespace sequent
