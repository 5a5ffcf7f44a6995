#include "sequent/text/jinja_context.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/support/files.h"

namespace sequent::jinja {
namespace {

using Json = nlohmann::ordered_json;

TEST(JinjaContext, StepsAndBytesAreCounted) {
  Context context({.steps = 10, .bytes = 100});
  context.spend(10);
  EXPECT_EQ(test::error_of([&] { context.spend(1); }), "the rendering takes more than 10 steps");
  context.allocate(99);
  EXPECT_EQ(test::error_of([&] { context.text(std::string("ab")); }),
            "the rendering makes more than 100 bytes of text and lists");
  EXPECT_NE(test::error_of([&] { context.allocate(std::numeric_limits<std::int64_t>::max()); }), "");
  EXPECT_NE(test::error_of([&] { context.spend(std::numeric_limits<std::int64_t>::max()); }), "");
}

TEST(JinjaContext, ALongSearchForALongTextIsManySteps) {
  Context context({.steps = 1000});
  context.search(std::string(6400, 'a'), "b");
  EXPECT_NE(test::error_of([&] { context.search(std::string(6400, 'a'), std::string(20, 'b')); }), "");
}

TEST(JinjaContext, LevelsAreGivenBack) {
  Context context({.nesting = 2});
  for (int i = 0; i < 3; ++i) {
    const Context::Level outer(context);
    const Context::Level inner(context);
    EXPECT_NE(test::error_of([&] { const Context::Level third(context); }), "");
  }
}

TEST(JinjaContext, ReadsJson) {
  Context context({});
  const Value value = context.from_json(Json::parse(R"({"b": [1, 2.5, true, null], "a": "x"})"));
  ASSERT_TRUE(value.mapping());
  EXPECT_EQ(*value.mapping()->entries[0].first, "b");
  EXPECT_EQ(value.mapping()->entries[0].second.sequence()->items.size(), 4u);
  EXPECT_EQ(*find(context, *value.mapping(), "a")->text(), "x");
  EXPECT_EQ(find(context, *value.mapping(), "c"), nullptr);
  EXPECT_EQ(test::error_of([&] { context.from_json(18446744073709551615u); }),
            "the number 18446744073709551615 is too large");
  Json deep = 1;
  for (int i = 0; i < 65; ++i) deep = Json::array({deep});
  EXPECT_EQ(test::error_of([&] { context.from_json(deep); }), "values are nested deeper than 64");
}

}  // namespace
}  // namespace sequent::jinja
