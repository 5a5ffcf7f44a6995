#include "sequent/train/feature_statistics.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(FeatureStatistics, OfTokensAlikeSayCollapse) {
  std::vector<double> values;
  for (int i = 0; i < 50; ++i) values.insert(values.end(), {3, 0, 4});
  const FeatureStatistics s = feature_statistics(test::to_tensor(values, {50, 3}));
  EXPECT_EQ(s.deviation, 0);
  EXPECT_EQ(s.effective_rank, 0);
  EXPECT_NEAR(s.norm, 5, 1e-6);
  EXPECT_NEAR(s.cosine, 1, 1e-9);
}

TEST(FeatureStatistics, OfNoiseUseEveryDirection) {
  const FeatureStatistics s = feature_statistics(test::to_tensor(test::random_values(4000 * 16, "x", 2.0), {4000, 16}));
  EXPECT_NEAR(s.deviation, 2, 0.03);
  EXPECT_NEAR(s.effective_rank, 16, 0.2);
  EXPECT_NEAR(s.norm, 2 * 3.938, 0.05);  // 2 * sqrt(2) Gamma(8.5) / Gamma(8)
  EXPECT_NEAR(s.cosine, 0, 0.002);
}

TEST(FeatureStatistics, CountTheDirectionsInUse) {
  // Two channels of variance 1, two of variance 1/2, uncorrelated: 3^2 / 2.5.
  std::vector<double> values;
  for (int i = 0; i < 16; ++i) {
    const double h = std::sqrt(0.5);
    values.insert(values.end(), {i & 1 ? 1.0 : -1.0, i & 2 ? 1.0 : -1.0, i & 4 ? h : -h, i & 8 ? h : -h});
  }
  const FeatureStatistics s = feature_statistics(test::to_tensor(values, {16, 4}));
  EXPECT_NEAR(s.effective_rank, 3.6, 1e-5);
  EXPECT_NEAR(s.deviation, (2 + 2 * std::sqrt(0.5)) / 4, 1e-6);
  EXPECT_NEAR(s.cosine, -1.0 / 15, 1e-6);
}

TEST(FeatureStatistics, NeedTwoTokens) {
  EXPECT_EQ(test::error_of([] {
              feature_statistics(Tensor::zeros({1, 4}));
            }),
            "feature statistics: there must be at least 2 tokens, got 1");
}

}  // namespace
}  // namespace sequent
