#include "sequent/ops/discretization.h"

#include <gtest/gtest.h>

#include <functional>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/reference/discretization.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(StepSizeOp, GivesTheReferenceGradients) {
  const auto x_values = test::random_values(12, "x"), bias_values = test::random_values(4, "bias");
  const auto ddelta_values = test::random_values(12, "ddelta");
  const Var x = Var::parameter(test::to_tensor(x_values, {3, 4}));
  const Var bias = Var::parameter(test::to_tensor(bias_values, {4}));
  Tape tape;
  const Var delta = step_size(x, bias, {.minimum = 0.4f, .maximum = 1.5f});
  tape.backward(delta, test::to_tensor(ddelta_values, {3, 4}));

  std::vector<double> expected(12), dx(12), dbias(4);
  kernels::reference::step_size(
      kernels::StepSizeForward<double>{x_values.data(), bias_values.data(), expected.data(), 3, 4, 0.4, 1.5});
  kernels::reference::step_size(kernels::StepSizeBackward<double>{
      x_values.data(), bias_values.data(), ddelta_values.data(), dx.data(), dbias.data(), nullptr, 3, 4, 0.4, 1.5});
  test::expect_close(test::to_doubles(delta.value()), expected, 1e-6, "delta");
  test::expect_close(test::to_doubles(x.gradient()), dx, 1e-6, "dx");
  test::expect_close(test::to_doubles(bias.gradient()), dbias, 1e-6, "dbias");
}

TEST(StepSizeOp, RefusesAWrongBiasAndLimitsOutOfOrder) {
  const auto expect_error = [](const std::function<void()>& run, const char* message) {
    try {
      run();
      ADD_FAILURE() << "accepted: " << message;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), message);
    }
  };
  const Var x(Tensor::zeros({2, 3}));
  expect_error([&] { step_size(x, Tensor::zeros({2}), {}); }, "step_size: bias must be [3], got [2]");
  expect_error([&] { step_size(x, Tensor::zeros({3}), {.minimum = 2.0f, .maximum = 1.0f}); },
               "step_size: the limits must be in order, got 2 and 1");
}

TEST(DecayRateOp, GivesItsGradient) {
  const Var a_log = Var::parameter(test::to_tensor({0.0, 1.0}, {2}));
  Tape tape;
  const Var rate = decay_rate(a_log);
  tape.backward(rate, test::to_tensor({2.0, -1.0}, {2}));
  test::expect_close(test::to_doubles(rate.value()), std::vector<double>{-1.0, -2.718281828}, 1e-6, "rate");
  test::expect_close(test::to_doubles(a_log.gradient()), std::vector<double>{-2.0, 2.718281828}, 1e-6, "gradient");
}

}  // namespace
}  // namespace sequent
