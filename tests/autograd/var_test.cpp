#include "sequent/autograd/var.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"
#include "sequent/tensor/memory.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using test::to_doubles;
using Values = std::vector<double>;

TEST(Var, ConstantsIgnoreGradients) {
  const Var x(Tensor::zeros({2}));
  EXPECT_FALSE(x.wants_gradient());
  x.accumulate(Tensor::full({2}, 1));
  EXPECT_FALSE(x.gradient().defined());
  EXPECT_THROW(x.gradient_buffer(), Error);
}

TEST(Var, UndefinedIsAnErrorToUseAndWantsNothing) {
  const Var x;
  EXPECT_FALSE(x.defined());
  EXPECT_FALSE(x.wants_gradient());
  EXPECT_FALSE(x.gradient().defined());
  EXPECT_NO_THROW(x.accumulate(Tensor::full({2}, 1)));
  EXPECT_NO_THROW(x.clear_gradient());
  EXPECT_THROW(x.value(), Error);
  EXPECT_THROW(x.shape(), Error);
  EXPECT_FALSE(x.gradient_only().defined());
}

TEST(Var, GradientsAddUp) {
  const Var x = Var::parameter(Tensor::zeros({2}));
  EXPECT_FALSE(x.gradient().defined());
  x.accumulate(Tensor::full({2}, 1));
  x.accumulate(Tensor::full({2}, 2));
  x.accumulate(Tensor());
  x.accumulate(Tensor::full({2}, 4));
  EXPECT_EQ(to_doubles(x.gradient()), (Values{7, 7}));
  x.clear_gradient();
  EXPECT_FALSE(x.gradient().defined());
  EXPECT_THROW(x.accumulate(Tensor::zeros({3})), Error);
}

TEST(Var, CopiesAreTheSameVariable) {
  const Var x = Var::parameter(Tensor::zeros({2}));
  const Var same = x;
  same.accumulate(Tensor::full({2}, 3));
  EXPECT_EQ(to_doubles(x.gradient()), (Values{3, 3}));
}

TEST(Var, TheFirstGradientIsKeptWithoutACopy) {
  const Var x = Var::parameter(Tensor::zeros({2}));
  const Tensor gradient = Tensor::full({2}, 1);
  x.accumulate(gradient);
  EXPECT_EQ(x.gradient().floats(), gradient.floats());
}

TEST(Var, AGradientSharedByTwoVariablesIsNeverWrittenTo) {
  const Var a = Var::parameter(Tensor::zeros({2})), b = Var::parameter(Tensor::zeros({2}));
  {
    const Tensor shared = Tensor::full({2}, 1);
    a.accumulate(shared);
    b.accumulate(shared);
  }
  a.accumulate(Tensor::full({2}, 10));
  EXPECT_EQ(to_doubles(a.gradient()), (Values{11, 11}));
  EXPECT_EQ(to_doubles(b.gradient()), (Values{1, 1}));
}

TEST(Var, ABufferIsNotMemoryAnotherVariableReads) {
  const Var a = Var::parameter(Tensor::zeros({2})), b = Var::parameter(Tensor::zeros({2}));
  {
    const Tensor shared = Tensor::full({2}, 1);
    a.accumulate(shared);
    b.accumulate(shared);
  }
  a.gradient_buffer().mutable_floats()[0] += 5;
  EXPECT_EQ(to_doubles(a.gradient()), (Values{6, 1}));
  EXPECT_EQ(to_doubles(b.gradient()), (Values{1, 1}));
}

TEST(Var, ABufferHandedInByTheCallerIsCopiedBeforeWriting) {
  const Var x = Var::parameter(Tensor::zeros({2}));
  const std::vector<float> data = {1, 2};
  x.accumulate(Tensor::borrow(data.data(), {2}, DType::f32, std::make_shared<int>(0)));  // read-only
  x.accumulate(Tensor::full({2}, 1));
  EXPECT_EQ(to_doubles(x.gradient()), (Values{2, 3}));
  EXPECT_EQ(data, (std::vector<float>{1, 2}));
}

TEST(Var, BufferStartsAtZeroAndMixesWithAccumulate) {
  const Var x = Var::parameter(Tensor::zeros({2}));
  const Tensor buffer = x.gradient_buffer();
  EXPECT_EQ(to_doubles(buffer), (Values{0, 0}));
  buffer.mutable_floats()[1] = 4;
  x.accumulate(Tensor::full({2}, 1));
  EXPECT_EQ(x.gradient().floats(), buffer.floats());
  EXPECT_EQ(to_doubles(buffer), (Values{1, 5}));
}

TEST(Var, GradientMemorySaysWhetherAnythingHasArrived) {
  const Var x = Var::parameter(Tensor::zeros({2}));
  const Var::GradientMemory first = x.gradient_memory();
  EXPECT_TRUE(first.empty);
  first.sum.mutable_floats()[0] = 1;
  first.sum.mutable_floats()[1] = 2;
  const Var::GradientMemory second = x.gradient_memory();
  EXPECT_FALSE(second.empty);
  EXPECT_EQ(second.sum.floats(), first.sum.floats());
  EXPECT_EQ(to_doubles(x.gradient()), (Values{1, 2}));
  x.clear_gradient();
  EXPECT_TRUE(x.gradient_memory().empty);
  EXPECT_THROW(Var(Tensor::zeros({2})).gradient_memory(), Error);
}

TEST(Var, GradientMemoryOfRowsAndOfSharedGradientsIsThatOfTheBuffer) {
  const Var x = Var::parameter(Tensor::zeros({2})), other = Var::parameter(Tensor::zeros({2}));
  // The other row must not stay as it was found.
  const Var::GradientMemory row = x.leaf_rows(0, 1).gradient_memory();
  EXPECT_FALSE(row.empty);
  EXPECT_EQ(to_doubles(x.gradient()), (Values{0, 0}));
  {
    const Tensor shared = Tensor::full({2}, 1);
    other.accumulate(shared);
    x.clear_gradient();
    x.accumulate(shared);
  }
  EXPECT_TRUE(x.gradient_memory().sum.floats() != other.gradient().floats());
}

TEST(Var, AValueWithARecipeIsNotKeptAndComesAgain) {
  const std::int64_t before = memory::live_bytes();
  int times = 0;
  Var kept;
  {
    const Var y = Var::parameter(Tensor::full({100}, 2));
    y.set_recipe([&times] {
      ++times;
      return Tensor::full({100}, 2);
    });
    kept = y.kept();
    EXPECT_EQ(y.value_again().floats(), y.value().floats());
    EXPECT_EQ(times, 0);
    kept.accumulate(Tensor::full({100}, 1));
    EXPECT_EQ(to_doubles(y.gradient()), Values(100, 1));
    kept.clear_gradient();
  }
  EXPECT_EQ(memory::live_bytes(), before);
  EXPECT_EQ(to_doubles(kept.value_again()), Values(100, 2));
  EXPECT_EQ(times, 1);
  EXPECT_EQ(kept.shape(), (Shape{100}));
}

TEST(Var, AValueIsComputedAgainOnceForAllWhoKeepIt) {
  const std::int64_t before = memory::live_bytes();
  int times = 0;
  Var first, second;
  {
    const Var y = Var::parameter(Tensor::full({100}, 2));
    y.set_recipe([&times] {
      ++times;
      return Tensor::full({100}, 2);
    });
    first = y.kept();
    second = y.kept();
  }
  EXPECT_EQ(to_doubles(first.value_again()), Values(100, 2));
  EXPECT_EQ(memory::live_bytes(), before + 400);
  EXPECT_EQ(to_doubles(second.value_again()), Values(100, 2));
  EXPECT_EQ(times, 1);
  EXPECT_EQ(memory::live_bytes(), before);
}

TEST(Var, WithoutARecipeAllIsKept) {
  const Var x = Var::parameter(Tensor::full({2}, 3));
  EXPECT_EQ(x.kept().value().floats(), x.value().floats());
  EXPECT_EQ(x.kept().value_again().floats(), x.value().floats());
  EXPECT_FALSE(Var().kept().defined());
}

TEST(Var, ReboundValuesAreInOtherMemory) {
  const Tensor values = Tensor::full({6}, 2);
  const Var x = Var::parameter(Tensor::zeros({2, 2}));
  x.accumulate(Tensor::full({2, 2}, 3));
  x.rebind(values.slice(0, 4).reshape({2, 2}));
  EXPECT_EQ(x.value().floats(), values.floats());
  EXPECT_EQ(to_doubles(x.gradient()), Values(4, 3));
  EXPECT_THROW(x.rebind(values), Error);
}

TEST(Var, RowsOfALeafShareValueAndGradient) {
  const Var x = Var::parameter(Tensor::zeros({4, 2}));
  const Var rows = x.leaf_rows(1, 3);
  EXPECT_TRUE(rows.wants_gradient());
  EXPECT_EQ(rows.shape(), (Shape{2, 2}));
  EXPECT_EQ(rows.value().floats(), x.value().floats() + 2);
  EXPECT_FALSE(rows.gradient().defined());
  rows.accumulate(Tensor::full({2, 2}, 1));
  rows.gradient_buffer().mutable_floats()[0] += 1;
  x.leaf_rows(2, 4).accumulate(Tensor::full({2, 2}, 10));
  EXPECT_EQ(to_doubles(x.gradient()), (Values{0, 0, 2, 1, 11, 11, 10, 10}));
  EXPECT_EQ(to_doubles(rows.gradient()), (Values{2, 1, 11, 11}));
  rows.clear_gradient();
  EXPECT_EQ(to_doubles(x.gradient()), (Values{0, 0, 0, 0, 0, 0, 10, 10}));
  EXPECT_THROW(rows.leaf_rows(0, 1), Error);
  EXPECT_FALSE(Var(Tensor::zeros({4})).leaf_rows(0, 2).wants_gradient());
}

TEST(Var, RowsOfALeafDoNotWriteIntoASharedGradient) {
  const Var x = Var::parameter(Tensor::zeros({2})), other = Var::parameter(Tensor::zeros({2}));
  {
    const Tensor shared = Tensor::full({2}, 1);
    x.accumulate(shared);
    other.accumulate(shared);
  }
  x.leaf_rows(0, 1).accumulate(Tensor::full({1}, 5));
  EXPECT_EQ(to_doubles(x.gradient()), (Values{6, 1}));
  EXPECT_EQ(to_doubles(other.gradient()), (Values{1, 1}));
}

TEST(Var, GradientOnlyLetsTheValueGo) {
  const std::int64_t before = memory::live_bytes();
  Var x = Var::parameter(Tensor::zeros({100, 3}));
  const Var target = x.gradient_only();
  EXPECT_TRUE(target.wants_gradient());
  target.accumulate(Tensor::full({100, 3}, 1));
  EXPECT_EQ(x.gradient().floats()[0], 1);
  x = Var();
  EXPECT_EQ(memory::live_bytes(), before + 1200);  // the gradient
  EXPECT_EQ(target.shape(), (Shape{100, 3}));
  EXPECT_EQ(target.columns(), 3);
  EXPECT_THROW(target.value().floats(), Error);
}

}  // namespace
}  // namespace sequent
