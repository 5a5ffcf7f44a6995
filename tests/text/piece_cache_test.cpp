#include "sequent/text/piece_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace sequent {
namespace {

using Ids = std::vector<std::int32_t>;

TEST(PieceCache, GivesBackWhatItKeeps) {
  PieceCache cache;
  Ids ids = {7};
  EXPECT_FALSE(cache.append("ab", ids));
  cache.keep("ab", Ids{1, 2, 3});
  EXPECT_TRUE(cache.append("ab", ids));
  EXPECT_EQ(ids, (Ids{7, 1, 2, 3}));
  EXPECT_FALSE(cache.append("abc", ids));
  EXPECT_FALSE(cache.append("", ids));
  cache.keep("ab", Ids{});
  EXPECT_TRUE(cache.append("ab", ids));
  EXPECT_EQ(ids.size(), 4u);
}

TEST(PieceCache, DoesNotKeepWhatIsLong) {
  PieceCache cache;
  Ids ids;
  for (const std::size_t length : {27, 28}) {
    const std::string piece(length, 'a');
    cache.keep(piece, Ids{1});
    EXPECT_EQ(cache.append(piece, ids), length == 27);
  }
  cache.keep("eight", Ids(8, 1));
  cache.keep("nine", Ids(9, 1));
  EXPECT_TRUE(cache.append("eight", ids));
  EXPECT_FALSE(cache.append("nine", ids));
}

TEST(PieceCache, NeverMixesPiecesUp) {
  PieceCache cache;
  const auto piece = [](int i) { return std::to_string(i * 7919); };
  for (int i = 1; i < 200'000; ++i) cache.keep(piece(i), Ids{i});
  int found = 0;
  for (int i = 1; i < 200'000; ++i) {
    Ids ids;
    if (!cache.append(piece(i), ids)) continue;
    ++found;
    ASSERT_EQ(ids, Ids{i});
  }
  EXPECT_GT(found, 10'000);
}

}  // namespace
}  // namespace sequent
