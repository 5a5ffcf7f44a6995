#include "sequent/ops/expert_dispatch.h"

#include <gtest/gtest.h>

#include <vector>

#include "sequent/base/error.h"

namespace sequent {
namespace {

template <class T>
std::vector<T> to_vector(const Tensor& tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.elements()};
}

Tensor choices_of(const std::vector<std::int32_t>& values, std::int64_t per_token) {
  return Tensor::from(std::span<const std::int32_t>(values),
                      {static_cast<std::int64_t>(values.size()) / per_token, per_token});
}

constexpr std::int64_t kNoLimit = 1000;

TEST(ExpertDispatch, SortsByExpertAndKeepsTheOrderOfTheTokens) {
  const ExpertDispatch d = dispatch(choices_of({2, 0, 2, 2, 0}, 1), 4, kNoLimit, Segments::single(5));
  EXPECT_EQ(to_vector<std::int64_t>(d.begins), (std::vector<std::int64_t>{0, 2, 2, 5, 5}));
  EXPECT_EQ(to_vector<std::int32_t>(d.token), (std::vector<std::int32_t>{1, 4, 0, 2, 3}));
  EXPECT_EQ(to_vector<std::int32_t>(d.row), (std::vector<std::int32_t>{2, 0, 3, 4, 1}));
  EXPECT_EQ(d.dropped, 0);
}

TEST(ExpertDispatch, ACapacityTakesTheFirstTokensOfEachExpert) {
  const ExpertDispatch d = dispatch(choices_of({2, 0, 2, 2, 0}, 1), 4, 1, Segments::single(5));
  EXPECT_EQ(to_vector<std::int32_t>(d.token), (std::vector<std::int32_t>{1, 0}));
  EXPECT_EQ(to_vector<std::int32_t>(d.row), (std::vector<std::int32_t>{1, 0, -1, -1, -1}));
  EXPECT_EQ(d.dropped, 3);
}

TEST(ExpertDispatch, TheCapacityIsCountedAlongTheTokensOfEachGroup) {
  // Along any other axis, no expert would ever be full.
  const ExpertDispatch d = dispatch(choices_of({0, 0, 0, 0, 0}, 1), 2, 1, Segments({0, 2, 5}));
  EXPECT_EQ(to_vector<std::int32_t>(d.token), (std::vector<std::int32_t>{0, 2}));
  EXPECT_EQ(d.dropped, 3);
}

TEST(ExpertDispatch, FirstChoicesComeBeforeSecondOnes) {
  // Token 0 wants expert 1 second, token 1 wants it first.
  const ExpertDispatch d = dispatch(choices_of({0, 1, 1, 0}, 2), 2, 1, Segments::single(2));
  EXPECT_EQ(to_vector<std::int32_t>(d.row), (std::vector<std::int32_t>{0, -1, 1, -1}));
}

TEST(ExpertDispatch, CapacityZeroDropsAll) {
  const ExpertDispatch d = dispatch(choices_of({0, 1, 0}, 1), 2, 0, Segments::single(3));
  EXPECT_EQ(d.rows(), 0);
  EXPECT_EQ(d.dropped, 3);
}

TEST(ExpertDispatch, RefusesWhatItCannotDo) {
  EXPECT_THROW(dispatch(choices_of({0, 2}, 1), 2, kNoLimit, Segments::single(2)), Error);
  EXPECT_THROW(dispatch(choices_of({0, -1}, 1), 2, kNoLimit, Segments::single(2)), Error);
  EXPECT_THROW(dispatch(choices_of({0, 1}, 1), 2, -1, Segments::single(2)), Error);
  try {
    dispatch(choices_of({0, 1}, 1), 2, kNoLimit, Segments::single(3));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "dispatch: choices must be [3, choices], got [2, 1]");
  }
}

}  // namespace
}  // namespace sequent
