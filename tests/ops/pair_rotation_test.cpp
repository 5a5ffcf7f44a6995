#include "sequent/ops/pair_rotation.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(PairRotationOp, TurnsEveryHeadAndHandsTheGradientBack) {
  const Tensor cosines = test::to_tensor({2, 3}, {1, 2}), sines = test::to_tensor({5, 7}, {1, 2});
  const Var x = Var::parameter(test::to_tensor({1, 10, 100, 1000}, {1, 4}));
  Tape tape;
  const Var y = pair_rotation(x, cosines, sines, 2);
  EXPECT_EQ(test::to_doubles(y.value()), (std::vector<double>{2 - 50, 30 + 7, 200 - 5000, 3000 + 700}));
  tape.backward(y, test::to_tensor({1, 10, 100, 1000}, {1, 4}));
  EXPECT_EQ(test::to_doubles(x.gradient()), (std::vector<double>{2 + 70, 30 - 5, 200 + 7000, 3000 - 500}));
}

TEST(PairRotationOp, RefusesOtherShapesByName) {
  const Tensor table = Tensor::zeros({3, 4});
  EXPECT_EQ(test::error_of([&] {
              pair_rotation(Tensor::zeros({3, 6}), table, table, 2);
            }),
            "pair_rotation: x must be [tokens, 2 heads * an even width], got [3, 6]");
  EXPECT_EQ(test::error_of([&] {
              pair_rotation(Tensor::zeros({2, 8}), table, table, 2);
            }),
            "pair_rotation: cosines must be [2, 4], got [3, 4]");
  EXPECT_EQ(test::error_of([&] {
              pair_rotation(Tensor::zeros({3, 8}), table, Tensor::zeros({3, 2}), 2);
            }),
            "pair_rotation: sines must be [3, 4], got [3, 2]");
}

}  // namespace
}  // namespace sequent
