// Every operation with products, in either precision.
#include <gtest/gtest.h>

#include <functional>

#include "sequent/autograd/product_precision.h"
#include "sequent/autograd/tape.h"
#include "sequent/ops/attention.h"
#include "sequent/ops/cross_entropy.h"
#include "sequent/ops/experts.h"
#include "sequent/ops/linear.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

// An operation with products, and the shapes of its inputs.
struct Operation {
  std::string name;
  std::vector<Shape> inputs;
  std::function<Var(const std::vector<Var>&)> run;
};

constexpr std::int64_t kTokens = 40;

std::vector<Operation> operations() {
  std::vector<std::int32_t> targets, choices;
  for (std::int32_t t = 0; t < kTokens; ++t) {
    targets.push_back(t * 7 % 33);
    choices.push_back(t % 2);
  }
  const Tensor to_experts = Tensor::from(std::span<const std::int32_t>(choices), {kTokens, 1});
  const Segments segments({0, 15, kTokens});
  return {
      {"linear", {{kTokens, 24}, {17, 24}, {17}}, [](const auto& in) { return linear(in[0], in[1], in[2]); }},
      {"linear_of_activation",
       {{kTokens, 24}, {17, 24}, {17}},
       [](const auto& in) { return linear_of_activation(in[0], Activation::gelu, in[1], in[2]); }},
      {"attention",
       {{kTokens, 32}, {kTokens, 32}, {kTokens, 32}},
       [segments](const auto& in) {
         return attention(in[0], in[1], in[2], segments, segments, {.heads = 2, .key_value_heads = 2});
       }},
      {"experts",
       {{kTokens, 24}, {kTokens, 1}, {17, 24}, {17, 24}, {24, 17}, {24, 17}},
       [to_experts](const auto& in) {
         return experts(in[0], in[1], dispatch(to_experts, 2, kTokens, Segments::single(kTokens)),
                        {.gate = {}, .up = {in[2], in[3]}, .down = {in[4], in[5]}}, {.activation = Activation::silu});
       }},
      {"projected_cross_entropy",
       {{kTokens, 24}, {33, 24}},
       [targets](const auto& in) { return projected_cross_entropy(in[0], in[1], targets).loss; }},
  };
}

// The result, and the gradients of all inputs.
std::vector<std::vector<double>> results_of(const Operation& operation, ProductPrecision forward,
                                            ProductPrecision backward) {
  std::vector<Var> inputs;
  for (const Shape& shape : operation.inputs) {
    const auto values = test::random_values(shape.elements(), operation.name + std::to_string(inputs.size()));
    inputs.push_back(Var::parameter(test::to_tensor(values, shape)));
  }
  Tape tape;
  Var y;
  {
    const ProductPrecisionScope scope(forward);
    y = operation.run(inputs);
  }
  const ProductPrecisionScope scope(backward);
  tape.backward(y, test::to_tensor(test::random_values(y.value().elements(), "dy"), y.shape()));
  std::vector<std::vector<double>> results = {test::to_doubles(y.value())};
  for (const Var& input : inputs) results.push_back(test::to_doubles(input.gradient()));
  return results;
}

TEST(ProductPrecision, ReachesEveryOperationAndItsBackwardPass) {
  constexpr auto kFull = ProductPrecision::float32, kRounded = ProductPrecision::bfloat16;
  for (const Operation& operation : operations()) {
    SCOPED_TRACE(operation.name);
    const auto full = results_of(operation, kFull, kFull), rounded = results_of(operation, kRounded, kRounded);
    // What was recorded in a precision goes back in it.
    EXPECT_EQ(results_of(operation, kRounded, kFull), rounded);
    EXPECT_EQ(results_of(operation, kFull, kRounded), full);
    for (std::size_t i = 0; i < full.size(); ++i) {
      // The gradient of a bias has no product.
      const bool sum_alone = operation.name.starts_with("linear") && i == 3;
      if (sum_alone) {
        EXPECT_EQ(rounded[i], full[i]);
      } else {
        test::expect_near_in_bfloat16(rounded[i], full[i], i == 0 ? "result" : "gradient " + std::to_string(i - 1));
      }
    }
  }
}

TEST(ProductPrecision, IsTheSameWhenAPartIsRunAgain) {
  for (const Operation& operation : operations()) {
    SCOPED_TRACE(operation.name);
    Operation again = operation;
    again.run = [&operation](const std::vector<Var>& in) {
      return recompute(
          [&operation, in](const Var& x) {
            std::vector<Var> inputs = in;
            inputs[0] = x;
            return operation.run(inputs);
          },
          in[0]);
    };
    constexpr auto kFull = ProductPrecision::float32, kRounded = ProductPrecision::bfloat16;
    EXPECT_EQ(results_of(again, kRounded, kFull), results_of(operation, kRounded, kRounded));
  }
}

}  // namespace
}  // namespace sequent
