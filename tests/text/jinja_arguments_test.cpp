#include "sequent/text/jinja_arguments.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace sequent::jinja {
namespace {

const Value kOne = {std::int64_t{1}};

std::string error(const Arguments& arguments) {
  return test::error_of([&] { Bound("f", arguments, {"a", "b"}, 1); });
}

TEST(JinjaArguments, AreFoundByPlaceAndByName) {
  const Arguments arguments = {{kOne}, {{"b", {true}}}};
  const Bound bound("f", arguments, {"a", "b", "c"}, 1);
  EXPECT_EQ(bound.integer(0, 9), 1);
  EXPECT_TRUE(bound.flag(1));
  EXPECT_EQ(bound.find(2), nullptr);
  EXPECT_EQ(bound.integer(2, 9), 9);
  EXPECT_FALSE(bound.flag(2));
  EXPECT_EQ(test::error_of([&] { bound.text(0); }), "f: a must be a string, got a integer");
}

TEST(JinjaArguments, ThatDoNotFitAreRefused) {
  EXPECT_EQ(error({}), "f: the argument 'a' is missing");
  EXPECT_EQ(error({{kOne, kOne, kOne}, {}}), "f: takes 2 arguments, got 3");
  EXPECT_EQ(error({{kOne}, {{"c", kOne}}}), "f: the argument 'c' is not supported");
  EXPECT_EQ(error({{kOne}, {{"a", kOne}}}), "f: the argument 'a' is given twice");
}

}  // namespace
}  // namespace sequent::jinja
