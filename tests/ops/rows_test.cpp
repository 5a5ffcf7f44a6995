#include "sequent/ops/rows.h"

#include <gtest/gtest.h>

#include <functional>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/ops/elementwise.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(SliceRows, SharesMemoryAndAddsToItsRowsOfTheGradient) {
  const Var x = Var::parameter(test::to_tensor({0, 1, 2, 3, 4, 5, 6, 7}, {4, 2}));
  Tape tape;
  const Var upper = slice_rows(x, 1, 4), lower = slice_rows(x, 0, 2);
  EXPECT_EQ(upper.value().floats(), x.value().floats() + 2);
  tape.backward(add(slice_rows(upper, 0, 2), lower), test::to_tensor({1, 2, 3, 4}, {2, 2}));
  EXPECT_EQ(test::to_doubles(x.gradient()), (std::vector<double>{1, 2, 4, 6, 3, 4, 0, 0}));
}

// A residual hands one gradient to two variables; a slice of one of them must not write into the other's.
TEST(SliceRows, LeavesASharedGradientAlone) {
  const Var a = Var::parameter(Tensor::zeros({2, 2})), b = Var::parameter(Tensor::zeros({2, 2}));
  Tape tape;
  const Var x = scale(a, 1.0f);
  const Var cut = slice_rows(x, 0, 1);
  const Var joined = concat_rows(std::array{cut, cut});
  const Var sum = add(add(x, b), joined);
  tape.backward(sum, Tensor::full({2, 2}, 1.0f));
  EXPECT_EQ(test::to_doubles(a.gradient()), (std::vector<double>{3, 3, 1, 1}));
  EXPECT_EQ(test::to_doubles(b.gradient()), (std::vector<double>{1, 1, 1, 1}));
}

TEST(ConcatRows, JoinsPartsAndCutsTheGradient) {
  const Var a = Var::parameter(test::to_tensor({1, 2}, {1, 2})), none = Var::parameter(Tensor::zeros({0, 2}));
  const Var constant(test::to_tensor({3, 4, 5, 6}, {2, 2}));
  const Var b = Var::parameter(test::to_tensor({7, 8}, {1, 2}));
  Tape tape;
  const Var y = concat_rows(std::array{a, none, constant, b});
  EXPECT_EQ(y.shape(), (Shape{4, 2}));
  EXPECT_EQ(test::to_doubles(y.value()), (std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8}));
  tape.backward(y, test::to_tensor({10, 20, 30, 40, 50, 60, 70, 80}, {4, 2}));
  EXPECT_EQ(test::to_doubles(a.gradient()), (std::vector<double>{10, 20}));
  EXPECT_EQ(test::to_doubles(b.gradient()), (std::vector<double>{70, 80}));
  EXPECT_FALSE(constant.gradient().defined());
}

TEST(ConcatRows, ReturnsOnePartAsItIs) {
  const Var a(Tensor::zeros({2, 2}));
  EXPECT_EQ(concat_rows(std::array{a}).value().floats(), a.value().floats());
}

TEST(SplitColumns, CutsColumnsAndJoinsGradients) {
  const Var x = Var::parameter(test::to_tensor({0, 1, 2, 3, 4, 5, 6, 7}, {2, 4}));
  Tape tape;
  const std::vector<Var> parts = split_columns(x, std::array<std::int64_t, 3>{1, 2, 1});
  EXPECT_EQ(test::to_doubles(parts[0].value()), (std::vector<double>{0, 4}));
  EXPECT_EQ(test::to_doubles(parts[1].value()), (std::vector<double>{1, 2, 5, 6}));
  EXPECT_EQ(test::to_doubles(parts[2].value()), (std::vector<double>{3, 7}));
  // The last part is used by nobody: its columns get zeros.
  const Var sum = add(parts[1], scale(parts[1], 2.0f));
  parts[0].accumulate(test::to_tensor({5, 9}, {2, 1}));
  tape.backward(sum, test::to_tensor({1, 2, 3, 4}, {2, 2}));
  EXPECT_EQ(test::to_doubles(x.gradient()), (std::vector<double>{5, 3, 6, 0, 9, 9, 12, 0}));
}

TEST(RepeatColumns, CopiesEachGroupAndAddsItsGradients) {
  const Var x = Var::parameter(test::to_tensor({0, 1, 2, 3, 4, 5, 6, 7}, {2, 4}));
  Tape tape;
  const Var y = repeat_columns(x, 2, 3);
  EXPECT_EQ(y.shape(), (Shape{2, 12}));
  EXPECT_EQ(test::to_doubles(slice_rows(y, 1, 2).value()), (std::vector<double>{4, 5, 4, 5, 4, 5, 6, 7, 6, 7, 6, 7}));
  std::vector<double> dy(24);
  for (std::size_t i = 0; i < dy.size(); ++i) dy[i] = static_cast<double>(i);
  tape.backward(y, test::to_tensor(dy, {2, 12}));
  EXPECT_EQ(test::to_doubles(x.gradient()), (std::vector<double>{6, 9, 24, 27, 42, 45, 60, 63}));
  EXPECT_EQ(repeat_columns(x, 2, 1).value().floats(), x.value().floats());
}

TEST(Rows, RefuseWhatDoesNotFitByName) {
  const Var x(Tensor::zeros({3, 4}));
  EXPECT_EQ(error_of([&] { slice_rows(x, 2, 4); }), "slice_rows: rows must lie within [3, 4], got [2, 4)");
  EXPECT_EQ(error_of([&] { slice_rows(x, 2, 1); }), "slice_rows: rows must lie within [3, 4], got [2, 1)");
  EXPECT_EQ(error_of([&] { concat_rows({}); }), "concat_rows: there must be at least one part, got none");
  EXPECT_EQ(error_of([&] {
              concat_rows(std::array{x, Var(Tensor::zeros({3, 5}))});
            }),
            "concat_rows: parts must agree in all sizes but the first, got [3, 4] and [3, 5]");
  EXPECT_EQ(error_of([&] {
              split_columns(x, std::array<std::int64_t, 2>{1, 2});
            }),
            "split_columns: widths must add up to the 4 columns of x, got 3");
  EXPECT_EQ(error_of([&] { repeat_columns(x, 3, 2); }),
            "repeat_columns: x must be [rows, groups of 3 columns] to be repeated 2 times, got [3, 4]");
  EXPECT_EQ(error_of([&] { split_columns(Tensor::zeros({4}), std::array<std::int64_t, 1>{4}); }),
            "split_columns: x must be [rows, columns], got [4]");
}

}  // namespace
}  // namespace sequent
