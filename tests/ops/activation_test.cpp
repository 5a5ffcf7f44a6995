#include "sequent/ops/activation.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/reference/activation.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr Activation kAll[] = {Activation::identity, Activation::silu, Activation::gelu, Activation::gelu_tanh,
                               Activation::relu};

TEST(ActivationOp, GivesTheGradientToItsInput) {
  const auto x_values = test::random_values(12, "x"), dy_values = test::random_values(12, "dy");
  for (const Activation f : kAll) {
    SCOPED_TRACE(static_cast<int>(f));
    const Var x = Var::parameter(test::to_tensor(x_values, {3, 4}));
    Tape tape;
    const Var y = activation(x, f);
    const auto y_values = test::to_doubles(y.value());
    tape.backward(y, test::to_tensor(dy_values, {3, 4}));
    std::vector<double> y_expected(12), dx(12);
    kernels::reference::activation(kernels::ActivationForward<double>{x_values.data(), y_expected.data(), 12, f});
    kernels::reference::activation(
        kernels::ActivationBackward<double>{x_values.data(), dy_values.data(), dx.data(), 12, f});
    test::expect_close(y_values, y_expected, 1e-6, "y");
    test::expect_close(test::to_doubles(x.gradient()), dx, 1e-6, "dx");
  }
}

TEST(GatedOp, GivesGradientsToThoseThatWantThem) {
  const auto gate_values = test::random_values(12, "gate"), value_values = test::random_values(12, "value");
  const auto dy_values = test::random_values(12, "dy");
  for (const Activation f : kAll) {
    for (const bool gate_wants : {true, false}) {
      for (const bool value_wants : {true, false}) {
        const auto variable = [](const std::vector<double>& values, bool wants) {
          const Tensor tensor = test::to_tensor(values, {3, 4});
          return wants ? Var::parameter(tensor) : Var(tensor);
        };
        const Var gate = variable(gate_values, gate_wants), value = variable(value_values, value_wants);
        Tape tape;
        const Var y = gated(gate, value, f);
        std::vector<double> y_expected(12), dgate(12), dvalue(12);
        kernels::reference::gated(
            kernels::GatedForward<double>{gate_values.data(), value_values.data(), y_expected.data(), 12, f});
        test::expect_close(test::to_doubles(y.value()), y_expected, 1e-6, "y");
        if (!gate_wants && !value_wants) continue;
        tape.backward(y, test::to_tensor(dy_values, {3, 4}));
        kernels::reference::gated(kernels::GatedBackward<double>{gate_values.data(), value_values.data(),
                                                                 dy_values.data(), dgate.data(), dvalue.data(), 12, f});
        EXPECT_EQ(gate.gradient().defined(), gate_wants);
        EXPECT_EQ(value.gradient().defined(), value_wants);
        if (gate_wants) test::expect_close(test::to_doubles(gate.gradient()), dgate, 1e-6, "dgate");
        if (value_wants) test::expect_close(test::to_doubles(value.gradient()), dvalue, 1e-6, "dvalue");
      }
    }
  }
}

TEST(GatedOp, RefusesAValueOfAnotherShapeByName) {
  try {
    gated(Tensor::zeros({2, 8}), Tensor::zeros({2, 4}), Activation::silu);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "gated: value must be [2, 8], got [2, 4]");
  }
}

}  // namespace
}  // namespace sequent
