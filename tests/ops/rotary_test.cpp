#include "sequent/ops/rotary.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(RotaryOp, TurnsHalvesOfEachHeadByPositionAndFrequency) {
  // Width 4: pairs (0, 2) at frequency 1 and (1, 3) at base^(-1/2) = 0.01.
  const std::vector<double> x = {1, 0, 0, 1, 0, 2, 3, 0};
  const std::vector<std::int64_t> positions = {5};
  const Var y = rotary(test::to_tensor(x, {1, 8}), positions, {.heads = 2});
  const double c = std::cos(5.0), s = std::sin(5.0), slow_c = std::cos(0.05), slow_s = std::sin(0.05);
  test::expect_close(test::to_doubles(y.value()),
                     std::vector<double>{c, -slow_s, s, slow_c, -3 * s, 2 * slow_c, 3 * c, 2 * slow_s}, 2e-7, "y");
}

TEST(RotaryOp, TorchscaleTurnsNeighboursByFrequenciesFromOneToTheInverseBase) {
  // Width 6: pairs (0, 1), (2, 3), (4, 5) at frequencies 1, base^(-1/2) and base^-1.
  const std::vector<double> x = {1, 0, 0, 1, 2, 0};
  const std::vector<std::int64_t> positions = {5};
  const Var y = rotary(test::to_tensor(x, {1, 6}), positions,
                       {.heads = 1, .base = 100, .convention = RotaryConvention::torchscale});
  test::expect_close(test::to_doubles(y.value()),
                     std::vector<double>{std::cos(5.0), std::sin(5.0), -std::sin(0.5), std::cos(0.5),
                                         2 * std::cos(0.05), 2 * std::sin(0.05)},
                     2e-7, "y");
}

TEST(RotaryOp, ASinglePairHasFrequencyOneInBothConventions) {
  const std::vector<std::int64_t> positions = {3};
  for (const RotaryConvention convention : {RotaryConvention::half_split, RotaryConvention::torchscale}) {
    const Var y =
        rotary(test::to_tensor(std::vector<double>{1, 0}, {1, 2}), positions, {.heads = 1, .convention = convention});
    test::expect_close(test::to_doubles(y.value()), std::vector<double>{std::cos(3.0), std::sin(3.0)}, 2e-7, "y");
  }
}

TEST(RotaryOp, ProductOfTwoDependsOnTheirDistanceOnly) {
  const Tensor q = test::to_tensor(test::random_values(64, "q"), {1, 64});
  const Tensor k = test::to_tensor(test::random_values(64, "k"), {1, 64});
  const auto product = [&](std::int64_t at_q, std::int64_t at_k) {
    const std::vector<double> a = test::to_doubles(rotary(q, std::vector{at_q}, {.heads = 1}).value());
    const std::vector<double> b = test::to_doubles(rotary(k, std::vector{at_k}, {.heads = 1}).value());
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
  };
  EXPECT_NEAR(product(9, 2), product(100007, 100000), 2e-5);
  EXPECT_GT(std::abs(product(9, 2) - product(9, 3)), 1e-3);
}

TEST(RotaryOp, GradientTurnsBack) {
  const std::vector<double> dy = test::random_values(24, "dy");
  const std::vector<std::int64_t> positions = {4, 0, 11};
  const std::vector<std::int64_t> back = {-4, 0, -11};
  for (const RotaryConvention convention : {RotaryConvention::half_split, RotaryConvention::torchscale}) {
    const RotaryOptions options = {.heads = 2, .convention = convention};
    const Var x = Var::parameter(test::to_tensor(test::random_values(24, "x"), {3, 8}));
    Tape tape;
    tape.backward(rotary(x, positions, options), test::to_tensor(dy, {3, 8}));
    EXPECT_EQ(test::to_doubles(x.gradient()),
              test::to_doubles(rotary(test::to_tensor(dy, {3, 8}), back, options).value()));
  }
}

TEST(RotaryOp, RefusesOddWidthsAndMissingPositions) {
  const std::vector<std::int64_t> positions = {0, 1};
  const auto message = [&](const Shape& shape, const RotaryOptions& options) -> std::string {
    try {
      rotary(Tensor::zeros(shape), positions, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(message({2, 6}, {.heads = 2}), "rotary: x must be [tokens, 2 heads * an even width], got [2, 6]");
  EXPECT_EQ(message({2, 8}, {.heads = 0}), "rotary: x must be [tokens, 0 heads * an even width], got [2, 8]");
  EXPECT_EQ(message({3, 8}, {.heads = 2}), "rotary: positions must be one per token, got 2 for 3 tokens");
  EXPECT_EQ(message({2, 8}, {.heads = 2, .base = 0}), "rotary: base must be positive, got 0");
}

}  // namespace
}  // namespace sequent
