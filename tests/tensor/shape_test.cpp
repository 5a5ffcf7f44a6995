#include "sequent/tensor/shape.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "sequent/base/error.h"

namespace sequent {
namespace {

TEST(Shape, CountsElementsRowsAndColumns) {
  EXPECT_EQ(Shape().elements(), 1);
  EXPECT_EQ(Shape().rank(), 0);
  EXPECT_EQ(Shape().columns(), 1);
  EXPECT_EQ(Shape().rows(), 1);
  const Shape shape = {2, 3, 4};
  EXPECT_EQ(shape.elements(), 24);
  EXPECT_EQ(shape.columns(), 4);
  EXPECT_EQ(shape.rows(), 6);
  EXPECT_EQ((Shape{5, 0}).elements(), 0);
  EXPECT_EQ((Shape{5, 0}).rows(), 0);
  EXPECT_EQ((Shape{0, 5}).rows(), 0);
  EXPECT_EQ((Shape{0, 5}).columns(), 5);
}

TEST(Shape, IndexesFromBothEnds) {
  const Shape shape = {2, 3, 4};
  EXPECT_EQ(shape[0], 2);
  EXPECT_EQ(shape[-1], 4);
  EXPECT_EQ(shape[-3], 2);
  EXPECT_THROW(shape[3], Error);
  EXPECT_THROW(shape[-4], Error);
  EXPECT_THROW(Shape()[0], Error);
}

TEST(Shape, ComparesBySizesAndRank) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2}), (Shape{2, 1}));
  EXPECT_NE(Shape(), (Shape{0}));
}

TEST(Shape, RefusesNegativeTooManyAndTooLargeSizes) {
  EXPECT_THROW((Shape{2, -1}), Error);
  EXPECT_THROW((Shape{1, 1, 1, 1, 1, 1, 1}), Error);
  const std::int64_t large = std::int64_t{1} << 32;
  EXPECT_THROW((Shape{large, large}), Error);
  EXPECT_THROW((Shape{0, large, large}), Error);  // or rows() of it would overflow
  EXPECT_NO_THROW((Shape{std::numeric_limits<std::int64_t>::max()}));
}

TEST(Shape, PrintsItself) {
  EXPECT_EQ(to_string(Shape{2, 3}), "[2, 3]");
  EXPECT_EQ(to_string(Shape()), "[]");
}

}  // namespace
}  // namespace sequent
