#include "sequent/base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace sequent {
namespace {

using Words = std::array<std::uint32_t, 4>;

// The known answers published with Random123 (kat_vectors, philox4x32 with 10 rounds). Our counter fills the low two
// words, the stream the high two, and the seed is the key.
TEST(Random, GivesThePublishedPhiloxAnswers) {
  EXPECT_EQ(Random(0, 0).words(0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint64_t ones = ~std::uint64_t{0};
  EXPECT_EQ(Random(ones, ones).words(ones), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Random(0x299f31d0a4093822, 0x0370734413198a2e).words(0x85a308d3243f6a88),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, StreamOfIsFnv1a) {
  EXPECT_EQ(Random::stream_of(""), 0xcbf29ce484222325u);
  EXPECT_EQ(Random::stream_of("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(Random::stream_of("foobar"), 0x85944171f73967e8u);
}

TEST(Random, ValuesDependOnSeedStreamAndCounterOnly) {
  const Random random(1, 2);
  EXPECT_EQ(random.bits(3), Random(1, 2).bits(3));
  EXPECT_NE(random.bits(3), random.bits(4));
  EXPECT_NE(random.bits(3), Random(2, 2).bits(3));
  EXPECT_NE(random.bits(3), Random(1, 3).bits(3));
}

TEST(Random, UniformHasTheRightRangeMeanAndVariance) {
  const Random random(5, 6);
  const int count = 100000;
  double sum = 0, squares = 0;
  for (int i = 0; i < count; ++i) {
    const double u = random.uniform(i);
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
  }
  // Five standard deviations of the mean and of the mean square.
  EXPECT_NEAR(sum / count, 0.5, 5 * std::sqrt(1.0 / 12 / count));
  EXPECT_NEAR(squares / count, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / count));
}

TEST(Random, NormalHasTheRightMoments) {
  const Random random(7, 8);
  const int count = 100000;
  double sum = 0, squares = 0, fourths = 0;
  for (int i = 0; i < count; ++i) {
    const double x = random.normal(i);
    ASSERT_TRUE(std::isfinite(x));
    sum += x;
    squares += x * x;
    fourths += x * x * x * x;
  }
  EXPECT_NEAR(sum / count, 0.0, 5 * std::sqrt(1.0 / count));
  EXPECT_NEAR(squares / count, 1.0, 5 * std::sqrt(2.0 / count));
  EXPECT_NEAR(fourths / count, 3.0, 5 * std::sqrt(96.0 / count));
}

TEST(Random, BelowStaysBelowAndIsEven) {
  const Random random(9, 10);
  std::vector<int> counts(6);
  for (int i = 0; i < 60000; ++i) ++counts.at(random.below(i, 6));
  for (const int count : counts) EXPECT_NEAR(count, 10000, 5 * std::sqrt(60000.0 * 5 / 36));
  EXPECT_EQ(random.below(0, 1), 0u);
  const std::uint64_t huge = std::uint64_t{1} << 63;
  for (int i = 0; i < 100; ++i) EXPECT_LT(random.below(i, huge), huge);
}

}  // namespace
}  // namespace sequent
