#include "sequent/ops/rms_norm.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/reference/rms_norm.h"
#include "tests/support/recomputed_norm.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(RmsNormOp, GivesGradientsToInputAndWeight) {
  const auto x_values = test::random_values(12, "x");
  const auto weight_values = test::random_values(4, "weight");
  const auto dy_values = test::random_values(12, "dy");
  const Var x = Var::parameter(test::to_tensor(x_values, {3, 4}));
  const Var weight = Var::parameter(test::to_tensor(weight_values, {4}));
  Tape tape;
  const Var y = rms_norm(x, weight, 1e-5f);
  tape.backward(y, test::to_tensor(dy_values, {3, 4}));

  std::vector<double> y_expected(12), inverse_rms(3), dx(12), dweight(4);
  kernels::reference::rms_norm<double>(kernels::RmsNormForward<double>{
      x_values.data(), weight_values.data(), y_expected.data(), inverse_rms.data(), 3, 4, 1e-5});
  kernels::reference::rms_norm<double>(kernels::RmsNormBackward<double>{x_values.data(), weight_values.data(),
                                                                        inverse_rms.data(), dy_values.data(), dx.data(),
                                                                        dweight.data(), nullptr, 3, 4});
  test::expect_close(test::to_doubles(y.value()), y_expected, 1e-6, "y");
  test::expect_close(test::to_doubles(x.gradient()), dx, 1e-6, "dx");
  test::expect_close(test::to_doubles(weight.gradient()), dweight, 1e-6, "dweight");
}

TEST(RmsNormOp, ItsResultIsComputedAgainForALinearInsteadOfKept) {
  const Var weight = Var::parameter(test::to_tensor(test::random_values(8, "weight"), {8}));
  test::expect_result_computed_again([&](const Var& x) { return rms_norm(x, weight, 1e-5f); });
}

TEST(RmsNormOp, RefusesAWeightOfAnotherWidthByName) {
  const Var x(Tensor::zeros({2, 512}));
  try {
    rms_norm(x, Tensor::zeros({256}), 1e-5f);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "rms_norm: weight must be [512], got [256]");
  }
}

}  // namespace
}  // namespace sequent
