#include "sequent/ops/experts.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/ops/activation.h"
#include "sequent/ops/elementwise.h"
#include "sequent/ops/linear.h"
#include "sequent/tensor/memory.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr std::int64_t kWidth = 6, kHidden = 9, kExperts = 3;

std::vector<Var> weights(const char* name, const Shape& shape) {
  std::vector<Var> result;
  for (std::int64_t e = 0; e < kExperts; ++e) {
    result.push_back(Var::parameter(
        test::to_tensor(test::random_values(shape.elements(), fmt::format("{}{}", name, e), 0.5), shape)));
  }
  return result;
}

ExpertWeights experts_of(bool gated) {
  return {.gate = gated ? weights("gate", {kHidden, kWidth}) : std::vector<Var>(),
          .up = weights("up", {kHidden, kWidth}),
          .down = weights("down", {kWidth, kHidden})};
}

Tensor all_to(std::int32_t expert, std::int64_t tokens) {
  const std::vector<std::int32_t> choices(static_cast<std::size_t>(tokens), expert);
  return Tensor::from(std::span<const std::int32_t>(choices), {tokens, 1});
}

// With every token at one expert and weight 1, the layer is that expert, gradients and all.
TEST(ExpertsOp, EveryTokenToOneExpertIsADenseLayer) {
  for (const bool gated : {false, true}) {
    const std::int64_t tokens = 20;
    const ExpertWeights parameters = experts_of(gated);
    const Var x = Var::parameter(test::to_tensor(test::random_values(tokens * kWidth, "x"), {tokens, kWidth}));
    const Tensor dy = test::to_tensor(test::random_values(tokens * kWidth, "dy"), {tokens, kWidth});
    const auto run = [&](bool sparse) {
      x.clear_gradient();
      for (const auto* group : {&parameters.gate, &parameters.up, &parameters.down}) {
        for (const Var& weight : *group) weight.clear_gradient();
      }
      Tape tape;
      Var y;
      if (sparse) {
        y = experts(x, Tensor::full({tokens, 1}, 1.0f),
                    dispatch(all_to(1, tokens), kExperts, tokens, Segments::single(tokens)), parameters);
      } else {
        const Var up = linear(x, parameters.up[1]);
        const Var hidden = gated ? sequent::gated(linear(x, parameters.gate[1]), up, Activation::silu)
                                 : activation(up, Activation::silu);
        y = linear(hidden, parameters.down[1]);
      }
      tape.backward(y, dy);
      return std::vector{test::to_doubles(y.value()), test::to_doubles(x.gradient()),
                         test::to_doubles(parameters.up[1].gradient()),
                         test::to_doubles(parameters.down[1].gradient())};
    };
    const auto sparse = run(true), dense = run(false);
    for (std::size_t i = 0; i < dense.size(); ++i) test::expect_close(sparse[i], dense[i], 2e-6, std::to_string(i));
  }
}

TEST(ExpertsOp, WhenAllAreDroppedTheOutputIsZeroAndGradientsAreFinite) {
  const ExpertWeights parameters = experts_of(true);
  const Var x = Var::parameter(Tensor::full({4, kWidth}, 1.0f)), gates = Var::parameter(Tensor::full({4, 1}, 0.5f));
  Tape tape;
  const Var y = experts(x, gates, dispatch(all_to(0, 4), kExperts, 0, Segments::single(4)), parameters);
  EXPECT_EQ(test::to_doubles(y.value()), std::vector<double>(4 * kWidth));
  tape.backward(y, Tensor::full({4, kWidth}, 1.0f));
  EXPECT_EQ(test::to_doubles(x.gradient()), std::vector<double>(4 * kWidth));
  EXPECT_EQ(test::to_doubles(gates.gradient()), std::vector<double>(4));
  EXPECT_FALSE(parameters.up[0].gradient().defined());
}

TEST(ExpertsOp, GradientsOfTwoPassesAddUpWhicheverExpertsTheyChose) {
  const ExpertWeights parameters = experts_of(true);
  const Var x = test::to_tensor(test::random_values(4 * kWidth, "x"), {4, kWidth});
  const Tensor gates = Tensor::full({4, 1}, 1.0f);
  const auto pass = [&](std::int64_t expert) {
    Tape tape;
    const ExpertDispatch rows = dispatch(all_to(expert, 4), kExperts, 4, Segments::single(4));
    tape.backward(experts(x, gates, rows, parameters), Tensor::full({4, kWidth}, 1.0f));
  };
  pass(0);
  const std::vector<double> once = test::to_doubles(parameters.down[0].gradient());
  EXPECT_FALSE(parameters.down[1].gradient().defined());
  pass(1);
  EXPECT_EQ(test::to_doubles(parameters.down[0].gradient()), once);
  EXPECT_TRUE(parameters.down[1].gradient().defined());
  pass(0);
  std::vector<double> twice = once;
  for (double& value : twice) value *= 2;
  test::expect_close(test::to_doubles(parameters.down[0].gradient()), twice, 1e-6, "down");
}

TEST(ExpertsOp, TheIdentityStandsInForTheDropped) {
  const ExpertWeights parameters = experts_of(true);
  const Var x = Var::parameter(Tensor::full({4, kWidth}, 3.0f)), gates = Var::parameter(Tensor::full({4, 1}, 0.5f));
  Tape tape;
  const Var y = experts(x, gates, dispatch(all_to(0, 4), kExperts, 0, Segments::single(4)), parameters,
                        {.identity_of_dropped = true});
  EXPECT_EQ(test::to_doubles(y.value()), std::vector<double>(4 * kWidth, 1.5));
  tape.backward(y, Tensor::full({4, kWidth}, 1.0f));
  EXPECT_EQ(test::to_doubles(x.gradient()), std::vector<double>(4 * kWidth, 0.5));
  EXPECT_EQ(test::to_doubles(gates.gradient()), std::vector<double>(4, 3.0 * kWidth));
}

TEST(ExpertsOp, KeepsTheHiddenLayerOfTheChosenOnly) {
  const ExpertWeights parameters = experts_of(true);
  const std::int64_t tokens = 100;
  const Var x = Var::parameter(Tensor::full({tokens, kWidth}, 1.0f));
  const ExpertDispatch rows = dispatch(all_to(2, tokens), kExperts, tokens, Segments::single(tokens));
  const Var gates = Var::parameter(Tensor::full({tokens, 1}, 1.0f));
  const std::int64_t before = memory::live_bytes();
  Tape tape;
  const Var y = experts(x, gates, rows, parameters);
  EXPECT_EQ(memory::live_bytes() - before, 4 * tokens * (2 * kHidden + kWidth));
}

TEST(ExpertsOp, RefusesWhatDoesNotFit) {
  ExpertWeights parameters = experts_of(true);
  const ExpertDispatch rows = dispatch(all_to(0, 4), kExperts, 4, Segments::single(4));
  const Tensor gates = Tensor::full({4, 1}, 1.0f);
  EXPECT_THROW(experts(Tensor::zeros({5, kWidth}), gates, rows, parameters), Error);
  EXPECT_THROW(experts(Tensor::zeros({4, kWidth + 1}), gates, rows, parameters), Error);
  parameters.gate.pop_back();
  try {
    experts(Tensor::zeros({4, kWidth}), gates, rows, parameters);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "experts: there must be 3 gate weights, got 2");
  }
}

}  // namespace
}  // namespace sequent
