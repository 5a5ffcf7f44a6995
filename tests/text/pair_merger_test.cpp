#include "sequent/text/pair_merger.h"

#include <gtest/gtest.h>

#include <map>

#include "sequent/base/random.h"

namespace sequent {
namespace {

using Symbols = std::vector<std::int32_t>;

// The definition: everything is counted anew for every pair.
struct ByDefinition {
  std::vector<std::pair<Symbols, std::int64_t>> words;

  PairMerger::Pair best() const {
    std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t> counts;
    for (const auto& [symbols, count] : words) {
      for (std::size_t i = 0; i + 1 < symbols.size(); ++i) counts[{symbols[i], symbols[i + 1]}] += count;
    }
    PairMerger::Pair best = {0, 0, 0};
    for (const auto& [pair, count] : counts) {
      if (count > best.count) best = {pair.first, pair.second, count};
    }
    return best;
  }
  void merge(const PairMerger::Pair& pair, std::int32_t merged) {
    for (auto& [symbols, count] : words) {
      Symbols result;
      for (std::size_t i = 0; i < symbols.size(); ++i) {
        const bool here = i + 1 < symbols.size() && symbols[i] == pair.left && symbols[i + 1] == pair.right;
        result.push_back(here ? merged : symbols[i]);
        i += here;
      }
      symbols = result;
    }
  }
};

TEST(PairMerger, EqualsItsDefinitionOnWordsOfFewSymbols) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Random random(seed, 1);
    PairMerger merger;
    ByDefinition definition;
    for (std::uint64_t w = 0; w < 1 + seed % 12; ++w) {
      Symbols symbols(random.below(100 * w, 20));
      for (std::size_t i = 0; i < symbols.size(); ++i) {
        symbols[i] = static_cast<std::int32_t>(random.below(100 * w + 1 + i, 1 + seed % 4));
      }
      const auto count = static_cast<std::int64_t>(1 + random.below(100 * w + 50, 3));
      merger.add_word(symbols, count);
      definition.words.emplace_back(symbols, count);
    }
    merger.count_pairs();
    for (std::int32_t merged = 10;; ++merged) {
      const PairMerger::Pair expected = definition.best(), actual = merger.best();
      ASSERT_EQ(std::tuple(actual.left, actual.right, actual.count),
                std::tuple(expected.left, expected.right, expected.count))
          << "seed " << seed << ", merge " << merged - 10;
      if (expected.count == 0) break;
      definition.merge(expected, merged);
      merger.merge(actual, merged);
    }
  }
}

TEST(PairMerger, OfSeveralMostFrequentPairsTheSmallestIdsWin) {
  PairMerger merger;
  merger.add_word(Symbols{5, 1}, 4);
  merger.add_word(Symbols{2, 9}, 4);
  merger.add_word(Symbols{2, 7}, 4);
  merger.count_pairs();
  EXPECT_EQ(merger.best().left, 2);
  EXPECT_EQ(merger.best().right, 7);
}

TEST(PairMerger, EveryTwoNeighboursOfARepeatedSymbolCount) {
  PairMerger merger;
  merger.add_word(Symbols{3, 3, 3}, 5);
  merger.count_pairs();
  EXPECT_EQ(merger.best().count, 10);
  merger.merge(merger.best(), 4);
  EXPECT_EQ(merger.best().left, 4);
  EXPECT_EQ(merger.best().right, 3);
  EXPECT_EQ(merger.best().count, 5);
}

TEST(PairMerger, WordsOfOneSymbolHaveNoPair) {
  PairMerger merger;
  merger.add_word(Symbols{1}, 100);
  merger.add_word(Symbols{}, 100);
  merger.count_pairs();
  EXPECT_EQ(merger.best().count, 0);
}

}  // namespace
}  // namespace sequent
