#include "sequent/text/unigram_model.h"

#include <gtest/gtest.h>

#include <limits>

#include "sequent/base/random.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using test::error_of;
using Ids = std::vector<std::int32_t>;

UnigramVocabulary small() {
  UnigramVocabulary vocabulary;
  vocabulary.tokens = {{"<unk>", 0}, {"a", -1}, {"b", -2}, {"ab", -2.5}, {"abc", -9}, {"c", -3}, {"\u00e9", -4}};
  vocabulary.unknown = 0;
  vocabulary.unknown_score = -19;
  return vocabulary;
}

Ids encoded(const UnigramVocabulary& vocabulary, std::string_view piece) {
  const UnigramModel model(vocabulary);
  ModelScratch scratch;
  Ids ids, again;
  model.encode(piece, ids, scratch);
  model.encode(piece, again, scratch);  // from the cache
  EXPECT_EQ(ids, again);
  return ids;
}

TEST(UnigramModel, TakesTheWayOfTheHighestScore) {
  EXPECT_EQ(encoded(small(), "ab"), Ids{3});
  EXPECT_EQ(encoded(small(), "abc"), (Ids{3, 5}));
  EXPECT_EQ(encoded(small(), "ba\u00e9"), (Ids{2, 1, 6}));
  UnigramVocabulary cheap = small();
  cheap.tokens[4].score = -5;
  EXPECT_EQ(encoded(cheap, "abc"), Ids{4});
}

TEST(UnigramModel, OfEqualScoresTheWayFoundFirstWins) {
  UnigramVocabulary vocabulary;
  vocabulary.tokens = {{"a", -1}, {"aa", -2}, {"aaa", -3}};
  EXPECT_EQ(encoded(vocabulary, "aa"), Ids{1});
  EXPECT_EQ(encoded(vocabulary, "aaa"), Ids{2});
  EXPECT_EQ(encoded(vocabulary, "aaaa"), (Ids{0, 2}));
}

/// The definition, word for word: the best way to the end of each prefix.
double best_score(const UnigramVocabulary& vocabulary, std::string_view piece) {
  std::vector<double> best(piece.size() + 1, -std::numeric_limits<double>::infinity());
  best[0] = 0;
  for (std::size_t end = 1; end <= piece.size(); ++end) {
    for (const auto& token : vocabulary.tokens) {
      if (token.text.size() > end || !piece.substr(0, end).ends_with(token.text)) continue;
      best[end] = std::max(best[end], best[end - token.text.size()] + token.score);
    }
  }
  return best[piece.size()];
}

TEST(UnigramModel, NoWayIsBetter) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Random random(seed, 0);
    UnigramVocabulary vocabulary;
    for (const char c : {'a', 'b', 'c'}) vocabulary.tokens.push_back({std::string(1, c), -1 - random.uniform(c)});
    for (std::uint64_t i = 0; i < 20; ++i) {
      std::string text;
      for (std::uint64_t k = 0; k < 2 + i % 4; ++k) text += static_cast<char>('a' + random.below(1000 + 10 * i + k, 3));
      vocabulary.tokens.push_back({text, -8 * random.uniform(5000 + i)});
    }
    std::string piece;
    for (std::uint64_t k = 0; k < 40; ++k) piece += static_cast<char>('a' + random.below(9000 + k, 3));
    std::string text;
    double score = 0;
    for (const std::int32_t id : encoded(vocabulary, piece)) {
      text += vocabulary.tokens[static_cast<std::size_t>(id)].text;
      score += vocabulary.tokens[static_cast<std::size_t>(id)].score;
    }
    ASSERT_EQ(text, piece);
    // Of two tokens with the same text the last counts, which may be the worse.
    ASSERT_LE(score, best_score(vocabulary, piece) + 1e-12);
  }
}

TEST(UnigramModel, UnknownCharactersInARowAreOneToken) {
  EXPECT_EQ(encoded(small(),
                    "axy\u4f60"
                    "b\xFF"),
            (Ids{1, 0, 2, 0}));
  EXPECT_EQ(encoded(small(), "<unk>"), Ids{0});
  UnigramVocabulary none = small();
  none.unknown = -1;
  EXPECT_EQ(error_of([&] { encoded(none, "ax"); }),
            "tokenizer: the vocabulary must have a token for every character of the text, got none for \"x\"");
}

TEST(UnigramModel, SpellsWhatIsUnknownIfItCan) {
  UnigramVocabulary vocabulary = small();
  for (const char* piece : {"<0xC3>", "<0xB8>", "<0xFF>"}) vocabulary.tokens.push_back({piece, -6});  // 7, 8, 9
  EXPECT_EQ(encoded(vocabulary, "a\u00f8\xFF"), (Ids{1, 0}));
  vocabulary.byte_fallback = true;
  EXPECT_EQ(encoded(vocabulary, "a\u00f8\xFF"), (Ids{1, 7, 8, 9}));
  EXPECT_EQ(encoded(vocabulary, "\u00f8x"), Ids{0});
}

TEST(UnigramModel, WhatDoesNotMatchIsNeverFound) {
  UnigramVocabulary vocabulary = small();
  vocabulary.tokens[3].matches = false;
  EXPECT_EQ(encoded(vocabulary, "ab"), (Ids{1, 2}));
}

TEST(UnigramModel, RefusesWhatCannotBe) {
  UnigramVocabulary vocabulary = small();
  vocabulary.tokens[1].score = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(error_of([&] { UnigramModel{vocabulary}; }).find("the score of a token must be a number of at most"),
            std::string::npos);
  vocabulary = small();
  vocabulary.unknown = 7;
  EXPECT_EQ(error_of([&] { UnigramModel{vocabulary}; }), "tokenizer: the unknown token must be one of 7, got id 7");
}

}  // namespace
}  // namespace sequent
