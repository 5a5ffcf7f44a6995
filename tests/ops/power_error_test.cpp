#include "sequent/ops/power_error.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(PowerErrorOp, IsTheMeanAndGivesItsGradient) {
  const Tensor targets = test::to_tensor({1, 1, 1, 1}, {2, 2});
  const Var predictions = Var::parameter(test::to_tensor({3, 1, 0, -2}, {2, 2}));
  {
    Tape tape;
    const Var loss = power_error(predictions, targets);
    EXPECT_FLOAT_EQ(loss.value().floats()[0], (2 + 0 + 1 + 3) / 4.0f);
    tape.backward(loss);
    EXPECT_EQ(test::to_doubles(predictions.gradient()), (std::vector<double>{0.25, 0, -0.25, -0.25}));
  }
  predictions.clear_gradient();
  Tape tape;
  const Var loss = power_error(predictions, targets, 2.0f);
  EXPECT_FLOAT_EQ(loss.value().floats()[0], (4 + 0 + 1 + 9) / 8.0f);
  tape.backward(loss);
  EXPECT_EQ(test::to_doubles(predictions.gradient()), (std::vector<double>{0.5, 0, -0.25, -0.75}));
}

TEST(PowerErrorOp, RefusesWhatHasNoMeaning) {
  const Var x(Tensor::zeros({2, 3}));
  EXPECT_EQ(test::error_of([&] {
              power_error(x, Tensor::zeros({3, 2}));
            }),
            "power_error: targets must be [2, 3], got [3, 2]");
  EXPECT_EQ(test::error_of([&] {
              power_error(x, Tensor::zeros({2, 3}), 0.5f);
            }),
            "power_error: the exponent must be at least 1, got 0.5");
  EXPECT_EQ(test::error_of([&] {
              power_error(Var(Tensor::zeros({0, 3})), Tensor::zeros({0, 3}));
            }),
            "power_error: there must be something to predict, got [0, 3]");
}

}  // namespace
}  // namespace sequent
