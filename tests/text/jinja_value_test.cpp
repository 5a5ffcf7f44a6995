#include "sequent/text/jinja_value.h"

#include <gtest/gtest.h>

#include "sequent/text/jinja_context.h"

namespace sequent::jinja {
namespace {

TEST(JinjaValue, TruthIsThatOfPython) {
  Context context({});
  for (const Value& value : {undefined("x"), Value{None{}}, Value{false}, Value{std::int64_t{0}}, Value{0.0},
                             context.text(std::string()), context.list({}), context.mapping({})}) {
    EXPECT_FALSE(truthy(value)) << type_name(value);
  }
  for (const Value& value :
       {Value{true}, Value{std::int64_t{-1}}, Value{0.5}, context.text(std::string("0")), context.list({Value{}}),
        context.name_space({}), context.function({}), context.list({}, SequenceKind::generator)}) {
    EXPECT_TRUE(truthy(value)) << type_name(value);
  }
}

TEST(JinjaValue, TypesHaveNames) {
  Context context({});
  EXPECT_EQ(type_name({}), "undefined value");
  EXPECT_EQ(type_name({0.5}), "float");
  EXPECT_EQ(type_name(context.list({}, SequenceKind::tuple)), "tuple");
  EXPECT_EQ(type_name(context.function({})), "function");
}

TEST(JinjaValue, DepthCountsWhatMethodsHold) {
  Context context({});
  const Value list = context.list({context.list({})});
  EXPECT_EQ(depth_of(list), 2);
  EXPECT_EQ(depth_of(context.function({.name = "f", .call = {}, .depth = 1 + depth_of(list)})), 3);
  EXPECT_EQ(depth_of({true}), 0);
}

}  // namespace
}  // namespace sequent::jinja
