#include "sequent/tensor/token_sets.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace sequent {
namespace {

std::vector<std::int32_t> copy(std::span<const std::int32_t> ids) {
  return {ids.begin(), ids.end()};
}

TEST(TokenSets, AllHoldsEveryTokenOnceInEachSet) {
  const TokenSets sets = TokenSets::all(2, {.depth = 2, .height = 1, .width = 3});
  EXPECT_EQ(sets.count(), 2);
  EXPECT_EQ(sets.ids, (std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(sets.segments.begin(1), 6);
}

TEST(TokenSets, ConcatKeepsSetsOfDifferentSizesApart) {
  const std::vector<TokenSets> parts = {{.ids = {4, 1, 2}, .segments = Segments({0, 1, 3})},
                                        {.ids = {0, 5}, .segments = Segments({0, 2})}};
  const TokenSets joined = TokenSets::concat(parts);
  EXPECT_EQ(joined.count(), 3);
  EXPECT_EQ(copy(joined.of(0)), (std::vector<std::int32_t>{4}));
  EXPECT_EQ(copy(joined.of(1)), (std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(copy(joined.of(2)), (std::vector<std::int32_t>{0, 5}));
  EXPECT_EQ(TokenSets::concat({}).count(), 0);
}

TEST(TokenSets, CheckNamesWhatIsWrong) {
  const TokenGrid grid = {.depth = 1, .height = 2, .width = 2};
  const auto message = [&](std::vector<std::int32_t> ids) {
    return test::error_of([&] { check_token_sets("encoder", {.ids = ids, .segments = Segments({0, 2})}, grid); });
  };
  EXPECT_EQ(message({1}), "encoder: there must be 2 token ids, got 1");
  EXPECT_EQ(message({1, 4}), "encoder: token ids must be from 0 to 3, got 4");
  EXPECT_EQ(message({-1, 0}), "encoder: token ids must be from 0 to 3, got -1");
  EXPECT_NO_THROW(check_token_sets("encoder", TokenSets::all(3, grid), grid));
}

}  // namespace
}  // namespace sequent
