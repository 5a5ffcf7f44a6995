#include "sequent/ops/layer_norm.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/reference/layer_norm.h"
#include "tests/support/recomputed_norm.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(LayerNormOp, GivesGradientsToInputWeightAndBias) {
  const auto x_values = test::random_values(12, "x"), weight_values = test::random_values(4, "weight");
  const auto bias_values = test::random_values(4, "bias"), dy_values = test::random_values(12, "dy");
  for (const bool biased : {true, false}) {
    const Var x = Var::parameter(test::to_tensor(x_values, {3, 4}));
    const Var weight = Var::parameter(test::to_tensor(weight_values, {4}));
    const Var bias = biased ? Var::parameter(test::to_tensor(bias_values, {4})) : Var();
    Tape tape;
    const Var y = layer_norm(x, weight, bias, 1e-5f);
    const auto y_values = test::to_doubles(y.value());
    tape.backward(y, test::to_tensor(dy_values, {3, 4}));

    std::vector<double> y_expected(12), mean(3), inverse_deviation(3), dx(12), dweight(4), dbias(4);
    kernels::reference::layer_norm(
        kernels::LayerNormForward<double>{x_values.data(), weight_values.data(), biased ? bias_values.data() : nullptr,
                                          y_expected.data(), mean.data(), inverse_deviation.data(), 3, 4, 1e-5});
    kernels::reference::layer_norm(
        kernels::LayerNormBackward<double>{x_values.data(), weight_values.data(), mean.data(), inverse_deviation.data(),
                                           dy_values.data(), dx.data(), dweight.data(), dbias.data(), nullptr, 3, 4});
    test::expect_close(y_values, y_expected, 1e-6, "y");
    test::expect_close(test::to_doubles(x.gradient()), dx, 3e-6, "dx");
    test::expect_close(test::to_doubles(weight.gradient()), dweight, 1e-6, "dweight");
    if (biased) test::expect_close(test::to_doubles(bias.gradient()), dbias, 1e-6, "dbias");
  }
}

TEST(LayerNormOp, ItsResultIsComputedAgainForALinearInsteadOfKept) {
  const Var weight = Var::parameter(test::to_tensor(test::random_values(8, "weight"), {8}));
  const Var bias = Var::parameter(Tensor::full({8}, 0.5f));
  test::expect_result_computed_again([&](const Var& x) { return layer_norm(x, weight, bias, 1e-5f); });
}

TEST(LayerNormOp, RefusesOtherWidthsByName) {
  const Var x(Tensor::zeros({2, 8}));
  const auto error_of = [&](const Var& weight, const Var& bias) -> std::string {
    try {
      layer_norm(x, weight, bias, 1e-5f);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(error_of(Tensor::zeros({4}), {}), "layer_norm: weight must be [8], got [4]");
  EXPECT_EQ(error_of(Tensor::zeros({8}), Tensor::zeros({2})), "layer_norm: bias must be [8], got [2]");
}

}  // namespace
}  // namespace sequent
