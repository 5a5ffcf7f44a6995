#include "sequent/text/jinja_expression_parser.h"

#include <gtest/gtest.h>

#include "tests/text/jinja_rendering.h"

namespace sequent::jinja {
namespace {

std::string repeated(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

TEST(JinjaExpressionParser, WhatIsOutsideTheSubsetIsNamed) {
  EXPECT_EQ(refusal("{{ 2 ** 3 }}"), "test, line 1: the operator '**' is not supported");
  EXPECT_EQ(refusal("{{ f(**x) }}"), "test, line 1: unpacking arguments with '**' is not supported");
  EXPECT_EQ(refusal("{{ f(*x, y) }}"), "test, line 1: an argument follows one that is unpacked or has a name");
  EXPECT_EQ(refusal("\n{{ varargs }}"), "test, line 2: the name 'varargs' is not supported");
  EXPECT_EQ(refusal("{{ 99999999999999999999 }}"), "test, line 1: the number 99999999999999999999 is beyond 64 bits");
  EXPECT_EQ(refusal("{{ 1e999 }}"), "test, line 1: the number 1e999 is out of range");
}

TEST(JinjaExpressionParser, MistakesAreNamed) {
  EXPECT_EQ(refusal("{{ a b }}"), "test, line 1: '}}' is expected, got 'b'");
  EXPECT_EQ(refusal("{{ [1, 2 }}"), "test, line 1: unexpected '}'");
  EXPECT_EQ(refusal("{{ x is string is string }}"), "test, line 1: a test cannot follow a test");
  EXPECT_EQ(refusal("{{ x. }}"), "test, line 1: something is missing before the end of the mark");
  EXPECT_EQ(refusal("{{ {'a'} }}"), "test, line 1: ':' is expected, got '}'");
}

TEST(JinjaExpressionParser, DepthIsBounded) {
  const std::string deep = "test, line 1: an expression is nested deeper than 100";
  EXPECT_EQ(refusal("{{ " + repeated("(", 200) + "1" + repeated(")", 200) + " }}"), deep);
  EXPECT_EQ(refusal("{{ " + repeated("[", 10000) + repeated("]", 10000) + " }}"), deep);
  EXPECT_EQ(refusal("{{ " + repeated("not ", 10000) + "1 }}"), deep);
  EXPECT_EQ(refusal("{{ " + repeated("- ", 10000) + "1 }}"), deep);
  EXPECT_EQ(refusal("{{ 1" + repeated(" + 1", 10000) + " }}"), deep);
  EXPECT_EQ(refusal("{{ a" + repeated(".a", 10000) + " }}"), deep);
  EXPECT_EQ(refusal("{{ a" + repeated("|trim", 10000) + " }}"), deep);
  EXPECT_EQ(refusal("{{ 1" + repeated(" if 1 else 1", 10000) + " }}"), deep);
  // Wide is not deep.
  EXPECT_EQ(rendered("{{ 1" + repeated(" ~ 1", 1000) + " }}"), repeated("1", 1001));
  EXPECT_EQ(rendered("{{ 0" + repeated(" or 0", 1000) + " }}"), "0");
}

}  // namespace
}  // namespace sequent::jinja
