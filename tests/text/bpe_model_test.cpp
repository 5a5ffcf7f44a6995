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
    ModelScratch scratch;
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
  ModelScratch scratch;
  std::vector<std::int32_t> ids;
  model.encode(std::string(1'000'000, 'a'), ids, scratch);  // quadratic work would take hours
  std::size_t bytes = 0;
  for (const std::int32_t id : ids) bytes += model.vocabulary().tokens[static_cast<std::size_t>(id)].size();
  EXPECT_EQ(bytes, 1'000'000u);
}

TEST(BpeModel, NamesAByteWithoutToken) {
  BpeVocabulary vocabulary{.tokens = {"a", "b", "ab", "?"}, .merges = {{0, 1}}};
  std::vector<std::int32_t> ids;
  ModelScratch scratch;
  EXPECT_EQ(error_of([&] { BpeModel(vocabulary).encode("abc", ids, scratch); }),
            "tokenizer: the vocabulary must have a token for every byte of the text, got none for byte 99");
  vocabulary.unknown = 3;
  ModelScratch fresh;
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

/// A vocabulary of characters in which merges never reach over the beginning of a word.
BpeVocabulary character_vocabulary() {
  BpeVocabulary vocabulary;
  vocabulary.tokens = {"<unk>",
                       "\u2581",
                       "a",
                       "\u00e9",
                       "\u2581"
                       "a",
                       "aa",
                       "\u2581\u2581",
                       "\u00e9"
                       "a"};
  vocabulary.merges = {{1, 2}, {2, 2}, {1, 1}, {3, 2}};
  vocabulary.unknown = 0;
  vocabulary.alphabet = BpeVocabulary::Alphabet::characters;
  return vocabulary;
}

std::vector<std::int32_t> encoded(const BpeVocabulary& vocabulary, std::string_view piece) {
  std::vector<std::int32_t> ids;
  ModelScratch scratch;
  BpeModel(vocabulary).encode(piece, ids, scratch);
  return ids;
}

using Ids = std::vector<std::int32_t>;

TEST(BpeModel, OfCharactersFusesWhatIsUnknown) {
  BpeVocabulary vocabulary = character_vocabulary();
  EXPECT_EQ(encoded(vocabulary,
                    "\u2581"
                    "a\u00e9"
                    "ax\u4f60"
                    "a"),
            (Ids{4, 7, 0, 0, 2}));
  vocabulary.fuse_unknown = true;
  EXPECT_EQ(encoded(vocabulary,
                    "\u2581"
                    "a\u00e9"
                    "ax\u4f60"
                    "a\xFF"),
            (Ids{4, 7, 0, 2, 0}));
  vocabulary.unknown = -1;
  EXPECT_EQ(error_of([&] { encoded(vocabulary, "ax"); }),
            "tokenizer: the vocabulary must have a token for every character of the text, got none for \"x\"");
}

TEST(BpeModel, OfCharactersSpellsWhatIsUnknownIfItCan) {
  BpeVocabulary vocabulary = character_vocabulary();
  for (const char* piece : {"<0xC3>", "<0xB8>", "<0xFF>"}) vocabulary.tokens.push_back(piece);  // 8, 9, 10
  EXPECT_EQ(encoded(vocabulary, "a\u00f8"), (Ids{2, 0}));
  vocabulary.byte_fallback = true;
  EXPECT_EQ(encoded(vocabulary, "a\u00f8\xFF"), (Ids{2, 8, 9, 10}));
  EXPECT_EQ(encoded(vocabulary, "\u00f9"), Ids{0});  // its second byte has no piece
}

TEST(BpeModel, FindsWhatIsNeverMergedFirst) {
  BpeVocabulary vocabulary = character_vocabulary();
  vocabulary.tokens.insert(vocabulary.tokens.end(), {"a\u00e9", "a\u00e9x"});  // 8, 9
  vocabulary.never_merged = {8, 9};
  EXPECT_EQ(encoded(vocabulary,
                    "aa\u00e9xa\u00e9"
                    "aa"),
            (Ids{2, 9, 8, 5}));
}

TEST(BpeModel, MergesOfEqualRankAreTakenFromTheLeft) {
  BpeVocabulary vocabulary{.tokens = {"a", "b", "c", "ab", "bc"}, .merges = {{1, 2}, {0, 1}}};
  EXPECT_EQ(encoded(vocabulary, "abc"), (Ids{0, 4}));
  vocabulary.ranks = {0, 0};
  EXPECT_EQ(encoded(vocabulary, "abc"), (Ids{3, 2}));
}

TEST(BpeModel, WordsAreCutOnlyWhereNothingIsMergedOverThem) {
  // The same text in one piece and word by word.
  const BpeVocabulary words = character_vocabulary();
  std::string text;
  for (int i = 0; i < 50; ++i)
    text += i % 7 == 0 ? "\u2581\u2581"
                       : "\u2581"
                         "aaa\u00e9";
  Ids expected;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find("\u2581", begin + 3);
    while (end != std::string::npos && text.substr(0, end).ends_with("\u2581")) end = text.find("\u2581", end + 3);
    end = std::min(end, text.size());
    for (const std::int32_t id : encoded(words, text.substr(begin, end - begin))) expected.push_back(id);
    begin = end;
  }
  EXPECT_EQ(encoded(words, text), expected);
  // With a merge over a word's beginning they are not.
  BpeVocabulary across = words;
  across.tokens.push_back("a\u2581");
  across.merges.insert(across.merges.begin(), {2, 1});
  EXPECT_EQ(encoded(across,
                    "\u2581"
                    "a\u2581"
                    "a"),
            (Ids{1, 8, 2}));
}

}  // namespace
}  // namespace sequent
