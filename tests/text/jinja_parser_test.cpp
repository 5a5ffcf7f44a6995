#include "sequent/text/jinja_parser.h"

#include <gtest/gtest.h>

#include "tests/text/jinja_rendering.h"

namespace sequent::jinja {
namespace {

TEST(JinjaParser, StatementsOutsideTheSubsetAreNamed) {
  EXPECT_EQ(refusal("a\n{% include 'x' %}"),
            "test, line 2: the statement 'include' is not supported here; supported: break, continue, filter, for, "
            "generation, if, macro, set, raw");
  EXPECT_TRUE(refusal("{% endfor %}").starts_with("test, line 1: the statement 'endfor' is not supported here"));
  EXPECT_EQ(refusal("{% for x in y recursive %}{% endfor %}"), "test, line 1: 'recursive' is not supported");
  EXPECT_EQ(refusal("{% for x in y %}{% macro f() %}{% endmacro %}{% endfor %}"),
            "test, line 1: a macro within another block than 'if' is not supported");
  EXPECT_EQ(refusal("{% macro g() %}{% macro f() %}{% endmacro %}{% endmacro %}"),
            "test, line 1: a macro within another block than 'if' is not supported");
}

TEST(JinjaParser, MistakesAreNamed) {
  EXPECT_EQ(refusal("{% if 1 %}\na"), "test, line 2: 'endif' is missing");
  EXPECT_EQ(refusal("{% for x y %}"), "test, line 1: 'in' is expected, got 'y'");
  EXPECT_EQ(refusal("{% break %}"), "test, line 1: 'break' is outside a loop");
  EXPECT_EQ(refusal("{% set none = 1 %}"), "test, line 1: 'none' cannot be assigned to");
  EXPECT_EQ(refusal("{% set a, b %}{% endset %}"), "test, line 1: a block cannot be assigned to several names");
  EXPECT_EQ(refusal("{% macro f(a=1, b) %}{% endmacro %}"),
            "test, line 1: a parameter without a default follows one with a default");
}

TEST(JinjaParser, SizeAndDepthAreBounded) {
  std::string deep;
  for (int i = 0; i < 10000; ++i) deep += "{% if 1 %}";
  EXPECT_EQ(refusal(deep), "test, line 1: statements are nested deeper than 50");
  EXPECT_EQ(refusal("{% for " + std::string(10000, '(')), "test, line 1: {% is not closed");
  EXPECT_EQ(refusal("{% for " + std::string(10000, '(') + "a" + std::string(10000, ')') + " in b %}"),
            "test, line 1: statements are nested deeper than 50");
  EXPECT_EQ(refusal(std::string((1 << 20) + 1, 'a')), "test: a template may have 1048576 bytes, got 1048577");
}

}  // namespace
}  // namespace sequent::jinja
