#include "sequent/ops/linear.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/ops/activation.h"
#include "sequent/tensor/memory.h"
#include "tests/support/gradient.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

std::string error_of(const Var& x, const Var& weight, const Var& bias = {}) {
  try {
    linear(x, weight, bias);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(LinearOp, GivesGradientsToInputWeightAndBias) {
  constexpr std::int64_t kTokens = 5, kInputs = 4, kOutputs = 3;
  auto x_values = test::random_values(kTokens * kInputs, "x");
  auto weight_values = test::random_values(kOutputs * kInputs, "weight");
  auto bias_values = test::random_values(kOutputs, "bias");
  const auto dy_values = test::random_values(kTokens * kOutputs, "dy");
  const auto y_of = [&] {
    std::vector<double> y(kTokens * kOutputs);
    for (std::int64_t t = 0; t < kTokens; ++t) {
      for (std::int64_t o = 0; o < kOutputs; ++o) {
        double sum = bias_values[o];
        for (std::int64_t i = 0; i < kInputs; ++i) sum += x_values[t * kInputs + i] * weight_values[o * kInputs + i];
        y[t * kOutputs + o] = sum;
      }
    }
    return y;
  };
  const auto loss = [&] { return test::weighted_sum(y_of(), dy_values); };

  const Var x = Var::parameter(test::to_tensor(x_values, {kTokens, kInputs}));
  const Var weight = Var::parameter(test::to_tensor(weight_values, {kOutputs, kInputs}));
  const Var bias = Var::parameter(test::to_tensor(bias_values, {kOutputs}));
  Tape tape;
  const Var y = linear(x, weight, bias);
  tape.backward(y, test::to_tensor(dy_values, {kTokens, kOutputs}));
  test::expect_close(test::to_doubles(y.value()), y_of(), 1e-6, "y");
  // The gradients are float; the differences they are held against are exact to 1e-7.
  test::expect_gradient(x_values, test::to_doubles(x.gradient()), loss, "dx", 1e-6);
  test::expect_gradient(weight_values, test::to_doubles(weight.gradient()), loss, "dweight", 1e-6);
  test::expect_gradient(bias_values, test::to_doubles(bias.gradient()), loss, "dbias", 1e-6);
}

// Two calls on rows of one weight are one call on the whole of it, in value and in all gradients.
TEST(LinearOp, WorksOnRowsOfAWeightAndAddsToItsGradient) {
  const Tensor x_value = test::to_tensor(test::random_values(6 * 8, "x"), {6, 8});
  const Tensor weight_value = test::to_tensor(test::random_values(5 * 8, "weight"), {5, 8});
  const Tensor dy = test::to_tensor(test::random_values(6 * 5, "dy"), {6, 5});
  const Var x = Var::parameter(x_value), weight = Var::parameter(weight_value);
  {
    Tape tape;
    tape.backward(linear(x, weight), dy);
  }
  const Var cut_x = Var::parameter(x_value), cut_weight = Var::parameter(weight_value);
  for (const auto& [begin, end] : {std::pair{0, 2}, std::pair{2, 5}}) {
    Tape tape;
    const Var y = linear(cut_x, cut_weight.leaf_rows(begin, end));
    std::vector<double> part;
    for (int t = 0; t < 6; ++t) {
      for (int o = begin; o < end; ++o) part.push_back(dy.floats()[t * 5 + o]);
    }
    tape.backward(y, test::to_tensor(part, {6, end - begin}));
  }
  test::expect_close(test::to_doubles(cut_x.gradient()), test::to_doubles(x.gradient()), 1e-6, "dx");
  test::expect_close(test::to_doubles(cut_weight.gradient()), test::to_doubles(weight.gradient()), 1e-6, "dweight");
}

TEST(LinearOp, OfAnActivationIsBothInOneAndKeepsLess) {
  const Tensor x_value = test::to_tensor(test::random_values(50 * 32, "x"), {50, 32});
  const Tensor weight_value = test::to_tensor(test::random_values(5 * 32, "weight"), {5, 32});
  const Tensor bias_value = test::to_tensor(test::random_values(5, "bias"), {5});
  const Tensor dy = test::to_tensor(test::random_values(50 * 5, "dy"), {50, 5});
  for (const Activation f : {Activation::gelu, Activation::relu, Activation::silu}) {
    std::vector<std::vector<double>> values[2];
    std::int64_t kept[2];
    for (const bool together : {false, true}) {
      const Var x = Var::parameter(x_value), weight = Var::parameter(weight_value), bias = Var::parameter(bias_value);
      const std::int64_t before = memory::live_bytes();
      Tape tape;
      const Var y = together ? linear_of_activation(x, f, weight, bias) : linear(activation(x, f), weight, bias);
      kept[together] = memory::live_bytes() - before;
      tape.backward(y, dy);
      values[together] = {test::to_doubles(y.value()), test::to_doubles(x.gradient()),
                          test::to_doubles(weight.gradient()), test::to_doubles(bias.gradient())};
    }
    for (std::size_t i = 0; i < 4; ++i) test::expect_close(values[1][i], values[0][i], 1e-6, "value");
    EXPECT_GE(kept[0] - kept[1], 50 * 32 * 4);
  }
}

TEST(LinearOp, OfAnActivationOfAConstantHasAGradientOfTheWeight) {
  const Var x = Tensor::full({2, 3}, 2.0f), weight = Var::parameter(Tensor::full({1, 3}, 1.0f));
  Tape tape;
  tape.backward(linear_of_activation(x, Activation::relu, weight, {}), Tensor::full({2, 1}, 1.0f));
  EXPECT_EQ(test::to_doubles(weight.gradient()), std::vector<double>(3, 4.0));
}

TEST(LinearOp, TakesNoTokens) {
  const Var x = Var::parameter(Tensor::zeros({0, 4}));
  const Var weight = Var::parameter(Tensor::zeros({3, 4})), bias = Var::parameter(Tensor::zeros({3}));
  Tape tape;
  const Var y = linear(x, weight, bias);
  EXPECT_EQ(y.shape(), (Shape{0, 3}));
  tape.backward(y, Tensor::zeros({0, 3}));
  EXPECT_EQ(test::to_doubles(weight.gradient()), std::vector<double>(12));
}

// Matrix products are the one exception to "bitwise the same for any number of threads": they agree to the rounding of
// their sums, here of 512 products of standard normal numbers (of size 23).
TEST(LinearOp, AgreesForOneAndTwoThreads) {
  const auto gradients = [&](int count) {
    const int threads = thread_count();
    set_thread_count(count);
    const Var x = Var::parameter(test::to_tensor(test::random_values(512 * 512, "x"), {512, 512}));
    const Var weight = Var::parameter(test::to_tensor(test::random_values(384 * 512, "weight"), {384, 512}));
    Tape tape;
    const Var y = linear(x, weight);
    tape.backward(y, test::to_tensor(test::random_values(512 * 384, "dy"), {512, 384}));
    set_thread_count(threads);
    return std::array{test::to_doubles(y.value()), test::to_doubles(x.gradient()), test::to_doubles(weight.gradient())};
  };
  const auto one = gradients(1), two = gradients(2);
  for (std::size_t i = 0; i < one.size(); ++i) test::expect_close(two[i], one[i], 1e-6, "linear");
}

TEST(LinearOp, RefusesOtherShapesByName) {
  const Var x(Tensor::zeros({2, 8}));
  EXPECT_EQ(error_of(Tensor::zeros({8}), Tensor::zeros({3, 8})), "linear: x must be [tokens, inputs], got [8]");
  EXPECT_EQ(error_of(x, Tensor::zeros({3, 7})), "linear: weight must be [outputs, 8], got [3, 7]");
  EXPECT_EQ(error_of(x, Tensor::zeros({3, 8}), Tensor::zeros({8})), "linear: bias must be [3], got [8]");
}

}  // namespace
}  // namespace sequent
