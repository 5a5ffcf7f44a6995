#include "sequent/ops/elementwise.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(AddOp, HandsItsGradientToBoth) {
  const Var a = Var::parameter(test::to_tensor({1, 2, 3}, {3})), b = Var::parameter(test::to_tensor({10, 20, 30}, {3}));
  Tape tape;
  const Var y = add(add(a, b), a);
  EXPECT_EQ(test::to_doubles(y.value()), (std::vector<double>{12, 24, 36}));
  tape.backward(y, test::to_tensor({1, 2, 4}, {3}));
  EXPECT_EQ(test::to_doubles(a.gradient()), (std::vector<double>{2, 4, 8}));
  EXPECT_EQ(test::to_doubles(b.gradient()), (std::vector<double>{1, 2, 4}));
}

TEST(AddOp, RefusesAnotherShapeByName) {
  try {
    add(Tensor::zeros({2, 3}), Tensor::zeros({3, 2}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "add: b must be [2, 3], got [3, 2]");
  }
}

TEST(ScaleOp, ScalesValueAndGradient) {
  const Var x = Var::parameter(test::to_tensor({1, -2, 4}, {3}));
  Tape tape;
  const Var y = scale(x, 0.5f);
  EXPECT_EQ(test::to_doubles(y.value()), (std::vector<double>{0.5, -1, 2}));
  tape.backward(y, test::to_tensor({2, 4, 8}, {3}));
  EXPECT_EQ(test::to_doubles(x.gradient()), (std::vector<double>{1, 2, 4}));
}

TEST(DropoutOp, SendsTheGradientThroughTheSameMask) {
  const Var x = Var::parameter(Tensor::full({50, 40}, 3.0f));
  Tape tape;
  const Var y = dropout(x, 0.25f, 11, 5);
  const auto y_values = test::to_doubles(y.value());
  tape.backward(y, Tensor::full({50, 40}, 3.0f));
  EXPECT_EQ(test::to_doubles(x.gradient()), y_values);
  std::int64_t kept = 0;
  for (const double value : y_values) {
    EXPECT_TRUE(value == 0.0 || value == 4.0) << value;
    kept += value != 0.0;
  }
  EXPECT_NEAR(static_cast<double>(kept) / 2000.0, 0.75, 0.05);
  EXPECT_EQ(test::to_doubles(dropout(x, 0.25f, 11, 5).value()), y_values);
  EXPECT_NE(test::to_doubles(dropout(x, 0.25f, 11, 6).value()), y_values);
  EXPECT_NE(test::to_doubles(dropout(x, 0.25f, 12, 5).value()), y_values);
}

TEST(DropoutOp, IsTheSameVariableAtRateZero) {
  const Var x(Tensor::full({4}, 1.0f));
  EXPECT_EQ(dropout(x, 0.0f, 1, 1).value().floats(), x.value().floats());
}

TEST(DropoutOp, RefusesOtherRates) {
  const Var x(Tensor::zeros({4}));
  for (const float rate : {-0.5f, 1.0f, std::nanf("")}) {
    try {
      dropout(x, rate, 1, 1);
      FAIL() << rate;
    } catch (const Error& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with("dropout: the rate must be at least 0 and below 1, got "));
    }
  }
}

}  // namespace
}  // namespace sequent
