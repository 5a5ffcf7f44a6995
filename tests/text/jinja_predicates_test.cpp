#include "sequent/text/jinja_predicates.h"

#include <gtest/gtest.h>

#include "tests/text/jinja_rendering.h"

namespace sequent::jinja {
namespace {

TEST(JinjaPredicates, AreFoundByName) {
  ASSERT_TRUE(find_predicate("equalto"));
  EXPECT_EQ(find_predicate("escaped"), nullptr);
  EXPECT_TRUE(predicate_names().starts_with("boolean, callable, defined, "));
}

TEST(JinjaPredicates, OthersAreRefusedWithTheirLine) {
  EXPECT_TRUE(refusal("\n\n{{ 1 is sameas 1 }}").starts_with("test, line 3: the test 'sameas' is not supported"));
  EXPECT_EQ(refusal("{{ 1 is defined(2) }}"), "this test: takes 0 arguments, got 1");
  EXPECT_EQ(refusal("{{ 1 is eq }}"), "this test: the argument 'other' is missing");
}

TEST(JinjaPredicates, KindsOfSequences) {
  EXPECT_EQ(rendered("{{ range(2) is sequence }}{{ {}.items() is sequence }}{{ ([1]|select) is sequence }}"),
            "TrueFalseFalse");
  EXPECT_EQ(rendered("{{ range(2) is iterable }}{{ {}.items() is iterable }}{{ ([1]|select) is iterable }}"),
            "TrueTrueTrue");
}

}  // namespace
}  // namespace sequent::jinja
