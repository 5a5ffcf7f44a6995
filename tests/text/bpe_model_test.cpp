#include "sequent/text/bpe_model.h"

#include <gtest/gtest.h>

#include <string>

#include "sequent/base/random.h"
#include "tests/support/files.h"
#include "tests/text/texts.h"

namespace sequent {
namespace {

using test::error_of;

/// All bytes, and merges of random pairs of what there is so far.
BpeVocabulary random_vocabulary(std::uint64_t seed, std::size_t merges) {
  const Random random(seed, Random::stream_of("vocabulary"));
  BpeVocabulary vocabulary;
  for (int byte = 0; byte < 256; ++byte) vocabulary.tokens.emplace_back(1, static_cast<char>(byte));
  std::vector<std::int32_t> ids = {'a', 'b', 'c'};
  for (std::uint64_t i = 0; vocabulary.merges.size() < merges; ++i) {
    const std::int32_t left = ids[random.below(2 * i, ids.size())], right = ids[random.below(2 * i + 1, ids.size())];
    std::string whole =
        vocabulary.tokens[static_cast<std::size_t>(left)] + vocabulary.tokens[static_cast<std::size_t>(right)];
    if (std::find(vocabulary.tokens.begin(), vocabulary.tokens.end(), whole) != vocabulary.tokens.end()) continue;
    ids.push_back(static_cast<std::int32_t>(vocabulary.tokens.size()));
    vocabulary.tokens.push_back(std::move(whole));
    vocabulary.merges.emplace_back(left, right);
  }
  return vocabulary;
}

/// The definition, word for word: merge the leftmost pair of lowest rank until there is none.
std::vector<std::int32_t> by_definition(const BpeVocabulary& vocabulary, std::string_view piece) {
  std::vector<std::int32_t> ids;
  for (const char byte : piece) ids.push_back(static_cast<unsigned char>(byte));
  for (bool merged = true; merged;) {
    merged = false;
    for (const auto& [left, right] : vocabulary.merges) {
      for (std::size_t i = 0; i + 1 < ids.size() && !merged; ++i) {
        if (ids[i] != left || ids[i + 1] != right) continue;
        const std::string whole =
            vocabulary.tokens[static_cast<std::size_t>(left)] + vocabulary.tokens[static_cast<std::size_t>(right)];
        ids[i] = static_cast<std::int32_t>(std::find(vocabulary.tokens.begin(), vocabulary.tokens.end(), whole) -
                                           vocabulary.tokens.begin());
        ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        merged = true;
      }
      if (merged) break;
    }
  }
  return ids;
}

TEST(BpeModel, EqualsItsDefinitionForShortAndLongPieces) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const BpeVocabulary vocabulary = random_vocabulary(seed, 40);
    const BpeModel model(vocabulary);
    const Random random(seed, 1);
    BpeScratch scratch;
    for (const std::size_t length : {1, 2, 3, 8, 27, 28, 31, 32, 33, 34, 100, 300}) {
      std::string piece;
      for (std::size_t i = 0; i < length; ++i) piece += static_cast<char>('a' + random.below(1000 * length + i, 3));
      // The second time short pieces come from the cache.
      for (int time = 0; time < 2; ++time) {
        std::vector<std::int32_t> ids;
        model.encode(piece, ids, scratch);
        ASSERT_EQ(ids, by_definition(vocabulary, piece)) << piece;
      }
    }
  }
}

TEST(BpeModel, AMegabyteWithoutSpacesTakesNoTime) {
  const BpeModel model(random_vocabulary(1, 100));
  BpeScratch scratch;
  std::vector<std::int32_t> ids;
  model.encode(std::string(1'000'000, 'a'), ids, scratch);  // quadratic work would take hours
  std::size_t bytes = 0;
  for (const std::int32_t id : ids) bytes += model.vocabulary().tokens[static_cast<std::size_t>(id)].size();
  EXPECT_EQ(bytes, 1'000'000u);
}

TEST(BpeModel, NamesAByteWithoutToken) {
  BpeVocabulary vocabulary{.tokens = {"a", "b", "ab", "?"}, .merges = {{0, 1}}};
  std::vector<std::int32_t> ids;
  BpeScratch scratch;
  EXPECT_EQ(error_of([&] { BpeModel(vocabulary).encode("abc", ids, scratch); }),
            "tokenizer: the vocabulary must have a token for every byte of the text, got none for byte 99");
  vocabulary.unknown = 3;
  BpeScratch fresh;
  ids.clear();
  BpeModel(vocabulary).encode("abc", ids, fresh);
  EXPECT_EQ(ids, (std::vector<std::int32_t>{2, 3}));
}

TEST(BpeModel, NamesAMergeThatCannotBe) {
  EXPECT_EQ(error_of([] {
              BpeModel({.tokens = {"a", "b"}, .merges = {{0, 1}}});
            }),
            "tokenizer: merge 0 makes \"ab\", which is not in the vocabulary");
  EXPECT_EQ(error_of([] {
              BpeModel({.tokens = {"a", "b"}, .merges = {{0, 2}}});
            }),
            "tokenizer: merge 0 must name two tokens, got ids 0 and 2");
}

}  // namespace
}  // namespace sequent
