#include "sequent/text/piece_trie.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace sequent {
namespace {

using Found = std::vector<std::pair<std::size_t, std::int32_t>>;

Found prefixes(const PieceTrie& trie, std::string_view text, std::size_t at = 0) {
  Found found;
  trie.for_each_prefix(text, at, [&](std::size_t end, std::int32_t value) { found.emplace_back(end, value); });
  return found;
}

TEST(PieceTrie, FindsWhatBeginsAText) {
  PieceTrie trie;
  EXPECT_TRUE(trie.empty());
  trie.add("a", 1);
  trie.add("abc", 2);
  trie.add("b\xFF", 3);
  trie.add("", 4);
  EXPECT_FALSE(trie.empty());
  EXPECT_EQ(prefixes(trie, "abcd"), (Found{{1, 1}, {3, 2}}));
  EXPECT_EQ(prefixes(trie, "ab"), (Found{{1, 1}}));
  EXPECT_EQ(prefixes(trie, "xb\xFF", 1), (Found{{3, 3}}));
  EXPECT_EQ(prefixes(trie, ""), Found{});
  trie.add("a", 5);
  EXPECT_EQ(prefixes(trie, "a"), (Found{{1, 5}}));
}

}  // namespace
}  // namespace sequent
