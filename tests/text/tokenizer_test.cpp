#include "sequent/text/tokenizer.h"

#include <gtest/gtest.h>

#include <set>

#include "sequent/base/files.h"
#include "sequent/base/threads.h"
#include "sequent/text/stream_decoder.h"
#include "sequent/text/utf8.h"
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

TEST(StreamDecoder, NeverEndsInsideACharacterAndLosesNothing) {
  const Tokenizer tokenizer = Tokenizer::bytes();
  std::vector<std::string> texts = test::hard_texts();
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    texts.push_back(test::random_text(seed, 60, false));
    texts.push_back(test::random_text(seed, 60, true));
    texts.push_back(test::random_bytes(seed, 100));
  }
  for (const std::string& text : texts) {
    std::set<std::size_t> boundaries = {0};
    for (std::size_t at = 0; at < text.size();) {
      at += static_cast<std::size_t>(utf8_character(text, at).length);
      boundaries.insert(at);
    }
    StreamDecoder decoder(tokenizer);
    std::string whole;
    for (const std::int32_t id : tokenizer.encode(text)) {
      whole += decoder.push(id);
      EXPECT_TRUE(boundaries.contains(whole.size()));
    }
    whole += decoder.flush();
    EXPECT_EQ(whole, text);
    EXPECT_EQ(decoder.flush(), "");
  }
}

TEST(StreamDecoder, HoldsBackOnlyWhatCanBecomeACharacter) {
  StreamDecoder decoder(Tokenizer::bytes());
  EXPECT_EQ(decoder.push(0xF0), "");
  EXPECT_EQ(decoder.push(0x9F), "");
  EXPECT_EQ(decoder.push(0x98), "");
  EXPECT_EQ(decoder.push(0x80), "\U0001F600");
  EXPECT_EQ(decoder.push(0xFF), "\xFF");
  EXPECT_EQ(decoder.push(0xED), "");
  EXPECT_EQ(decoder.push(0xA0), "\xED\xA0");  // would be a surrogate
  EXPECT_EQ(decoder.push(256), "");           // special
  EXPECT_EQ(decoder.push(0xC3), "");
  EXPECT_EQ(decoder.flush(), "\xC3");
}

}  // namespace
}  // namespace sequent
