#include "sequent/nn/relative_bias.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

// The distances at which a new bucket begins, in one direction.
std::vector<std::int64_t> thresholds(const RelativeBuckets& buckets, std::int64_t sign) {
  std::vector<std::int64_t> result;
  for (std::int64_t distance = 1; distance <= 1000; ++distance) {
    if (relative_bucket(buckets, sign * distance) != relative_bucket(buckets, sign * (distance - 1))) {
      result.push_back(distance);
    }
  }
  return result;
}

TEST(RelativeBuckets, ThresholdsAreThoseOfT5) {
  const std::vector<std::int64_t> half = {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91};
  const RelativeBuckets encoder{.buckets = 32, .max_distance = 128, .bidirectional = true};
  EXPECT_EQ(thresholds(encoder, -1), half);
  EXPECT_EQ(thresholds(encoder, 1), half);
  EXPECT_EQ(relative_bucket(encoder, 0), 0);
  EXPECT_EQ(relative_bucket(encoder, -1), 1);
  EXPECT_EQ(relative_bucket(encoder, 1), 17);
  EXPECT_EQ(relative_bucket(encoder, 100000), 31);
  const RelativeBuckets decoder{.buckets = 32, .max_distance = 128, .bidirectional = false};
  EXPECT_EQ(thresholds(decoder, -1),
            (std::vector<std::int64_t>{1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
                                       19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113}));
  EXPECT_TRUE(thresholds(decoder, 1).empty());
  EXPECT_EQ(relative_bucket(decoder, 5), 0);
}

TEST(RelativeBuckets, AreRefusedWhenTheyCannotBeFilled) {
  EXPECT_THROW(validate(RelativeBuckets{.buckets = 2}), Error);
  EXPECT_THROW(validate(RelativeBuckets{.buckets = 32, .max_distance = 8}), Error);
  EXPECT_NO_THROW(validate(RelativeBuckets{.buckets = 32, .max_distance = 9}));
}

TEST(RelativeBias, TheTableHasARowForEveryDistanceAndHandsGradientsBack) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const RelativeBuckets buckets{.buckets = 6, .max_distance = 10, .bidirectional = true};
  const RelativeBias bias(buckets, 2, 1.0f, ParameterScope(parameters));
  parameters.flatten();
  const Tensor weight = parameters.all()[0].var.value();
  Tape tape;
  const Var table = bias.table();
  ASSERT_EQ(table.shape(), (Shape{21, 2}));
  std::vector<double> counts(6);
  for (std::int64_t distance = -10; distance <= 10; ++distance) {
    const std::int64_t bucket = relative_bucket(buckets, distance);
    ++counts[static_cast<std::size_t>(bucket)];
    for (std::int64_t head = 0; head < 2; ++head) {
      EXPECT_EQ(table.value().floats()[(distance + 10) * 2 + head], weight.floats()[bucket * 2 + head]);
    }
  }
  tape.backward(table, Tensor::full({21, 2}, 1.0f));
  const std::vector<double> gradient = test::to_doubles(parameters.all()[0].var.gradient());
  for (std::size_t bucket = 0; bucket < 6; ++bucket) EXPECT_EQ(gradient[2 * bucket], counts[bucket]);
}

}  // namespace
}  // namespace sequent
