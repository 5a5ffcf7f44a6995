#include "sequent/text/tokenizer.h"

#include <gtest/gtest.h>

#include "sequent/base/files.h"
#include "sequent/base/threads.h"
#include "tests/support/files.h"
#include "tests/text/texts.h"

namespace sequent {
namespace {

using test::error_of;

TEST(ByteTokenizer, GivesEveryByteItsOwnId) {
  const Tokenizer tokenizer = Tokenizer::bytes();
  EXPECT_EQ(tokenizer.vocabulary_size(), 257);
  EXPECT_EQ(tokenizer.end_of_text(), 256);
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    EXPECT_EQ(tokenizer.encode(text), std::vector<std::int32_t>{byte});
    EXPECT_EQ(tokenizer.token_bytes(byte), text);
    EXPECT_EQ(tokenizer.text_bytes(byte), 1);
  }
  EXPECT_EQ(tokenizer.text_bytes(256), 0);
}

TEST(ByteTokenizer, RoundTripsAnyBytes) {
  const Tokenizer tokenizer = Tokenizer::bytes();
  for (const std::string& text : test::hard_texts()) EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const std::string text = test::random_bytes(seed, 500);
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  }
}

TEST(ByteTokenizer, TreatsSpecialTokensInTextAsTextUnlessAsked) {
  const Tokenizer tokenizer = Tokenizer::bytes();
  const std::string text = "a<|endoftext|>b";
  EXPECT_EQ(tokenizer.encode(text).size(), text.size());
  const std::vector<std::int32_t> ids = {'a', 256, 'b'};
  EXPECT_EQ(tokenizer.encode(text, true), ids);
  EXPECT_EQ(tokenizer.decode(ids), "ab");
  EXPECT_EQ(tokenizer.decode(ids, true), text);
  EXPECT_EQ(tokenizer.special_token("<|endoftext|>"), 256);
  EXPECT_EQ(tokenizer.special_token("<s>"), -1);
}

TEST(ByteTokenizer, SurvivesItsFile) {
  const test::TemporaryDirectory directory;
  const Tokenizer tokenizer = Tokenizer::bytes();
  tokenizer.save(directory.path());
  tokenizer.save(directory / "copy.json");
  for (const std::string& path : {directory.path().string(), directory / "tokenizer.json", directory / "copy.json"}) {
    const Tokenizer loaded = Tokenizer::load(path);
    EXPECT_EQ(loaded.fingerprint(), tokenizer.fingerprint());
    EXPECT_EQ(loaded.encode("a\xFF\n"), (std::vector<std::int32_t>{'a', 255, '\n'}));
    EXPECT_EQ(loaded.vocabulary_size(), 257);
  }
}

TEST(Tokenizer, WritesAConfigurationOnlyWhereThereIsNone) {
  const test::TemporaryDirectory directory;
  const std::string config = directory / "tokenizer_config.json";
  Tokenizer::bytes().save(directory.path());
  EXPECT_NE(read_text(config).find("\"eos_token\": \"<|endoftext|>\""), std::string::npos);
  write_file_atomically(config, "mine");
  Tokenizer::bytes().save(directory.path());
  EXPECT_EQ(read_text(config), "mine");
}

TEST(ByteTokenizer, CutsAnywhere) {
  const Tokenizer tokenizer = Tokenizer::bytes();
  EXPECT_EQ(tokenizer.safe_cut("abcdef", 3), 3);
  EXPECT_EQ(tokenizer.safe_cut("abcdef", 30), 6);
}

TEST(Tokenizer, NamesAnIdOutsideTheVocabulary) {
  const Tokenizer tokenizer = Tokenizer::bytes();
  EXPECT_EQ(error_of([&] { tokenizer.decode(std::vector<std::int32_t>{257}); }),
            "tokenizer: a token id must be from 0 to 256, got 257");
  EXPECT_EQ(error_of([&] { tokenizer.token_bytes(-1); }), "tokenizer: a token id must be from 0 to 256, got -1");
}

TEST(Tokenizer, NamesAMissingFile) {
  EXPECT_NE(error_of([] { Tokenizer::load("no/such/tokenizer.json"); }).find("no/such/tokenizer.json"),
            std::string::npos);
}

}  // namespace
}  // namespace sequent
