#include "sequent/nn/linear.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(LinearLayer, PartsOfTheOutputsEqualTheWhole) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const Linear layer(6, 10, {.bias = true, .weight = initialize::normal(1.0f), .bias_start = initialize::normal(1.0f)},
                     ParameterScope(parameters)("layer"));
  const Tensor x = test::to_tensor(test::random_values(4 * 6, "x"), {4, 6});
  const auto whole = test::to_doubles(layer(x).value());
  const auto left = test::to_doubles(layer.outputs(x, 0, 3).value());
  const auto right = test::to_doubles(layer.outputs(x, 3, 10).value());
  for (std::size_t t = 0; t < 4; ++t) {
    for (std::size_t c = 0; c < 10; ++c) {
      EXPECT_NEAR(whole[t * 10 + c], c < 3 ? left[t * 3 + c] : right[t * 7 + c - 3], 1e-5);
    }
  }
}

TEST(LinearLayer, GradientsOfPartsMeetInTheWeight) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const Linear layer(3, 4, {.bias = true, .weight = initialize::normal(1.0f)}, ParameterScope(parameters));
  const Tensor x = test::to_tensor(test::random_values(6, "x"), {2, 3});
  Tape tape;
  const Var part = layer.outputs(x, 1, 3);
  tape.backward(part, Tensor::full({2, 2}, 1.0f));
  const Tensor gradient = layer.weight().gradient();
  for (std::int64_t row = 0; row < 4; ++row) {
    for (std::int64_t c = 0; c < 3; ++c) {
      const float expected = row == 1 || row == 2 ? x.floats()[c] + x.floats()[3 + c] : 0.0f;
      EXPECT_NEAR(gradient.floats()[row * 3 + c], expected, 1e-6);
    }
  }
  EXPECT_EQ(test::to_doubles(layer.bias().gradient()), (std::vector<double>{0, 2, 2, 0}));
}

}  // namespace
}  // namespace sequent
