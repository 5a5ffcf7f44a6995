#include "sequent/text/word_counts.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "sequent/base/random.h"

namespace sequent {
namespace {

std::map<std::string, std::int64_t> counted(const WordCounts& counts) {
  std::map<std::string, std::int64_t> result;
  for (const WordCounts::Word& word : counts.words()) EXPECT_TRUE(result.emplace(word.text(), word.count).second);
  EXPECT_EQ(static_cast<std::int64_t>(result.size()), counts.size());
  return result;
}

using Counted = std::map<std::string, std::int64_t>;

TEST(WordCounts, CountsWordsOfAnyBytes) {
  using namespace std::string_literals;
  WordCounts counts;
  for (const std::string& word : {""s, "a"s, "a\0"s, "a"s, "\xFF"s, ""s}) counts.add(word);
  counts.add("a", 10);
  EXPECT_EQ(counted(counts), (Counted{{"", 2}, {"a", 12}, {"a\0"s, 1}, {"\xFF", 1}}));
}

TEST(WordCounts, GrowsAndOutlivesItsInput) {
  WordCounts counts;
  Counted expected;
  const Random random(1, 2);
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    // Lengths on both sides of the eight bytes that the hash takes at once.
    const std::string word = std::string(random.below(2 * i, 20), 'x') + std::to_string(random.below(2 * i + 1, 3000));
    counts.add(word);
    ++expected[word];
  }
  EXPECT_EQ(counted(counts), expected);
}

TEST(WordCounts, AddsOthers) {
  WordCounts one, two;
  one.add("a", 2);
  one.add("b", 3);
  {
    WordCounts gone;
    gone.add("b", 4);
    gone.add("c", 5);
    two = std::move(gone);
  }
  one.add(two);
  EXPECT_EQ(counted(one), (Counted{{"a", 2}, {"b", 7}, {"c", 5}}));
  one.add(WordCounts());
  EXPECT_EQ(one.size(), 3);
}

TEST(WordCounts, HoldsWordsOfMegabytes) {
  WordCounts counts;
  const std::string megabytes(3 << 20, 'm');
  counts.add("before");
  counts.add(megabytes);
  counts.add(megabytes);
  counts.add("");
  counts.add("after");
  EXPECT_EQ(counted(counts), (Counted{{"before", 1}, {megabytes, 2}, {"", 1}, {"after", 1}}));
}

}  // namespace
}  // namespace sequent
