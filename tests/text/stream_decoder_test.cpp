#include "sequent/text/stream_decoder.h"

#include <gtest/gtest.h>

#include <set>

#include "sequent/text/utf8.h"
#include "tests/support/files.h"
#include "tests/text/texts.h"

namespace sequent {
namespace {

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

TEST(StreamDecoder, OfEveryKindGivesWhatDecodeGives) {
  const std::string golden = SEQUENT_SOURCE_DIR "/tests/golden/tokenizers/";
  for (const char* name : {"bpe.json", "unigram.json", "bpe.model", "unigram.model"}) {
    const Tokenizer tokenizer = Tokenizer::load(golden + name);
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      const std::vector<std::int32_t> ids = tokenizer.encode(test::random_text(seed, 40, false));
      StreamDecoder decoder(tokenizer);
      std::string whole;
      for (const std::int32_t id : ids) {
        whole += decoder.push(id);
        ASSERT_EQ(utf8_incomplete_suffix(whole), 0u);
      }
      ASSERT_EQ(whole + decoder.flush(), tokenizer.decode(ids)) << name;
      // Then a new text begins: the space in front is left out again.
      ASSERT_EQ(decoder.push(tokenizer.encode("a b")[0]), "a") << name;
    }
  }
}

TEST(StreamDecoder, WhatGoesOnWithATextKeepsItsSpace) {
  const std::string golden = SEQUENT_SOURCE_DIR "/tests/golden/tokenizers/";
  for (const char* name : {"bpe.json", "unigram.json", "bpe.model", "unigram.model"}) {
    const Tokenizer tokenizer = Tokenizer::load(golden + name);
    StreamDecoder decoder(tokenizer, false, /*begins=*/false);
    std::string text;
    for (const std::int32_t id : tokenizer.encode("a b")) text += decoder.push(id);
    EXPECT_EQ(text + decoder.flush(), " a b") << name;
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

TEST(StreamDecoder, ShowsSpecialTokensWhereAsked) {
  StreamDecoder decoder(Tokenizer::bytes(), true);
  EXPECT_EQ(decoder.push('a'), "a");
  EXPECT_EQ(decoder.push(256), "<|endoftext|>");
}

TEST(StreamDecoder, NamesAnIdOutsideTheVocabularyAndGoesOn) {
  StreamDecoder decoder(Tokenizer::bytes());
  EXPECT_EQ(decoder.push(0xC3), "");
  EXPECT_EQ(test::error_of([&] { decoder.push(257); }), "tokenizer: a token id must be from 0 to 256, got 257");
  EXPECT_EQ(decoder.push(0xA9), "\u00e9");
}

}  // namespace
}  // namespace sequent
