#include "sequent/text/jinja_operators.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/files.h"

namespace sequent::jinja {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

class JinjaOperators : public testing::Test {
 protected:
  std::int64_t whole(BinaryOperator apply, std::int64_t a, std::int64_t b) {
    return *apply(context, {a}, {b}).as<std::int64_t>();
  }
  std::string error(BinaryOperator apply, const Value& a, const Value& b) {
    return test::error_of([&] { apply(context, a, b); });
  }

  Context context{{}};
};

TEST_F(JinjaOperators, WholeNumbersHave64Bits) {
  EXPECT_EQ(error(add, {kMost}, {std::int64_t{1}}), "9223372036854775807 + 1 is beyond 64 bits");
  EXPECT_NE(error(subtract, {kLeast}, {std::int64_t{1}}), "");
  EXPECT_NE(error(multiply, {kMost}, {std::int64_t{2}}), "");
  EXPECT_NE(error(floor_divide, {kLeast}, {std::int64_t{-1}}), "");
  EXPECT_EQ(whole(modulo, kLeast, -1), 0);
  EXPECT_EQ(whole(floor_divide, kMost, -1), -kMost);
  EXPECT_NE(test::error_of([] { negate({kLeast}); }), "");
}

TEST_F(JinjaOperators, DivisionRoundsDown) {
  for (const std::int64_t a : {-7, -6, -1, 0, 1, 6, 7}) {
    for (const std::int64_t b : {-3, -2, 2, 3}) {
      const std::int64_t quotient = whole(floor_divide, a, b);
      const std::int64_t rest = whole(modulo, a, b);
      EXPECT_EQ(quotient * b + rest, a);
      EXPECT_TRUE(rest == 0 || (rest < 0) == (b < 0)) << a << " % " << b;
      EXPECT_LT(std::abs(rest), std::abs(b));
    }
  }
  EXPECT_EQ(error(modulo, {std::int64_t{1}}, {std::int64_t{0}}), "'%': division by zero");
}

TEST_F(JinjaOperators, OperandsOfOtherTypesAreRefused) {
  EXPECT_EQ(error(add, context.text(std::string("a")), {std::int64_t{1}}),
            "'+' is not possible between a string and a integer");
  EXPECT_EQ(error(subtract, undefined("'x' is undefined"), {std::int64_t{1}}), "'x' is undefined");
  EXPECT_EQ(error(modulo, context.text(std::string("%s")), {std::int64_t{1}}),
            "formatting a string with '%' is not supported");
  EXPECT_EQ(test::error_of([&] { less(context, {None{}}, {std::int64_t{1}}); }),
            "'<' is not possible between a none and a integer");
  EXPECT_EQ(test::error_of([&] { is_in(context, {std::int64_t{1}}, {None{}}); }), "in: not possible for a none");
}

TEST_F(JinjaOperators, ASearchTakesFromAGeneratorWhatItLookedAt) {
  const Value items =
      context.list({Value{std::int64_t{1}}, Value{std::int64_t{2}}, Value{std::int64_t{3}}}, SequenceKind::generator);
  EXPECT_TRUE(is_in(context, {std::int64_t{2}}, items));
  EXPECT_TRUE(is_not_in(context, {std::int64_t{1}}, items));
  EXPECT_FALSE(is_in(context, {std::int64_t{3}}, items));
}

}  // namespace
}  // namespace sequent::jinja
