#include "sequent/ops/retention_row_sums.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(RetentionRowSumsOp, AddsAbsoluteWeightsWithinEachSequence) {
  // Two heads of one channel; a token keeps a half and a quarter of the one before. The second sequence starts afresh.
  const Tensor q = test::to_tensor({1, 2, -1, 1, 3, -1}, {3, 2});
  const Tensor k = test::to_tensor({4, 1, -2, 3, 1, 1}, {3, 2});
  const Tensor rate = test::to_tensor({std::log(0.5), std::log(0.25)}, {2});
  const Tensor sums = retention_row_sums(q, k, rate, Segments({0, 2, 3}));
  test::expect_close(test::to_doubles(sums), std::vector<double>{4, 2, 2 + 0.5 * 4, 3 + 0.25 * 1, 3, 1}, 1e-6, "sums");
}

TEST(RetentionRowSumsOp, RefusesWhatDoesNotFit) {
  const Tensor q = Tensor::zeros({3, 4}), rate = Tensor::zeros({2});
  const auto error = [&](const Tensor& q_in, const Tensor& k_in, const Tensor& rate_in) {
    return test::error_of([&] { retention_row_sums(q_in, k_in, rate_in, Segments::single(3)); });
  };
  EXPECT_EQ(error(Tensor::zeros({2, 4}), q, rate), "retention_row_sums: q must be [3, 2 heads * width], got [2, 4]");
  EXPECT_EQ(error(Tensor::zeros({3, 5}), q, rate), "retention_row_sums: q must be [3, 2 heads * width], got [3, 5]");
  EXPECT_EQ(error(q, Tensor::zeros({3, 2}), rate), "retention_row_sums: k must be [3, 4], got [3, 2]");
  EXPECT_EQ(error(q, q, Tensor::zeros({2, 1})), "retention_row_sums: rate must be [heads], got [2, 1]");
}

}  // namespace
}  // namespace sequent
