#include "sequent/text/jinja_evaluator.h"

#include <gtest/gtest.h>

#include "tests/text/jinja_rendering.h"

namespace sequent::jinja {
namespace {

TEST(JinjaEvaluator, OnlyWhatDecidesIsComputed) {
  EXPECT_EQ(rendered("{{ 1 or raise_exception('a') }}{{ 0 and raise_exception('a') }}"), "10");
  EXPECT_EQ(rendered("{{ 1 if 1 else raise_exception('a') }}{{ 2 > 3 > raise_exception('a') }}"), "1False");
}

TEST(JinjaEvaluator, KeysOfMappingsAreStrings) {
  EXPECT_EQ(refusal("{{ {1: 2} }}"), "the keys of a mapping must be strings, got a integer");
  EXPECT_EQ(rendered("{{ {'a': 1, 'b': 2, 'a': 3} }}"), "{'a': 3, 'b': 2}");
}

TEST(JinjaEvaluator, OnlyFunctionsCanBeCalled) {
  EXPECT_EQ(refusal("{{ 1() }}"), "a integer cannot be called");
  EXPECT_EQ(refusal("{{ nosuch(1) }}"), "'nosuch' is undefined");
  EXPECT_EQ(refusal("{{ joiner() }}"), "test, line 1: the name 'joiner' is not supported");
}

}  // namespace
}  // namespace sequent::jinja
