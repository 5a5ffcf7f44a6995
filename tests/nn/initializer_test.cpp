#include "sequent/nn/initializer.h"

#include <gtest/gtest.h>

#include "tests/support/values.h"

namespace sequent {
namespace {

std::vector<double> drawn(const Initializer& initializer, std::uint64_t seed = 1) {
  const Tensor values = Tensor::empty({20000});
  initializer(values, Random(seed, 5));
  return test::to_doubles(values);
}

double mean_of_squares(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return sum / static_cast<double>(values.size());
}

TEST(Initializer, NormalHasItsDeviation) {
  EXPECT_NEAR(std::sqrt(mean_of_squares(drawn(initialize::normal(0.02f)))), 0.02, 0.0005);
}

TEST(Initializer, UniformStaysWithinItsBoundAndFillsIt) {
  const std::vector<double> values = drawn(initialize::uniform(0.5f));
  EXPECT_LE(*std::max_element(values.begin(), values.end()), 0.5);
  EXPECT_GE(*std::min_element(values.begin(), values.end()), -0.5);
  EXPECT_NEAR(mean_of_squares(values), 0.25 / 3, 0.002);
}

TEST(Initializer, FanInIsOneOverTheRootOfTheInputs) {
  const std::vector<double> values = drawn(initialize::fan_in(64, 0.5f));
  EXPECT_NEAR(*std::max_element(values.begin(), values.end()), 0.5 / 8, 1e-4);
}

TEST(Initializer, XavierIsTheRootOfSixOverInputsAndOutputs) {
  const std::vector<double> values = drawn(initialize::xavier(40, 56, 0.5f));
  EXPECT_NEAR(*std::max_element(values.begin(), values.end()), 0.5 / 4, 1e-4);
}

TEST(Initializer, TheSameSeedGivesTheSameValues) {
  EXPECT_EQ(drawn(initialize::normal(1.0f), 3), drawn(initialize::normal(1.0f), 3));
  EXPECT_NE(drawn(initialize::normal(1.0f), 3), drawn(initialize::normal(1.0f), 4));
}

TEST(Initializer, ConstantIsConstant) {
  for (const double value : drawn(initialize::constant(2.5f))) ASSERT_EQ(value, 2.5);
}

}  // namespace
}  // namespace sequent
