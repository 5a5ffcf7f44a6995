#include "sequent/text/jinja_functions.h"

#include <gtest/gtest.h>

#include "tests/text/jinja_rendering.h"

namespace sequent::jinja {
namespace {

TEST(JinjaFunctions, ARangeHasAnEnd) {
  EXPECT_EQ(rendered("{{ range(9223372036854775806, 9223372036854775807, 5)|list|length }}"), "1");
  EXPECT_EQ(rendered("{{ range(100000)|last }}"), "99999");
  EXPECT_EQ(refusal("{{ range(100001) }}"), "range: it has more than 100000 numbers");
  EXPECT_EQ(refusal("{{ range(1, 2, 0) }}"), "range: the step must not be 0");
  EXPECT_EQ(refusal("{{ range('a') }}"), "range: start must be an integer, got a string");
}

TEST(JinjaFunctions, ErrorsOfTheTemplateAreItsOwnSentences) {
  EXPECT_EQ(refusal("{{ raise_exception('Roles must alternate') }}"), "Roles must alternate");
}

TEST(JinjaFunctions, ShowTheTime) {
  EXPECT_EQ(rendered("{{ strftime_now('%Y') in ['1969', '1970'] }}{{ strftime_now('') }}"), "True");
  EXPECT_EQ(refusal("{{ strftime_now('%Y' * 200) }}"), "strftime_now: the format must have at most 256 bytes, got 400");
}

TEST(JinjaFunctions, MakeMappingsAndNamespaces) {
  EXPECT_EQ(rendered("{{ dict({'a': 1, 'b': 2}, a=3, c=4) }}{{ namespace({'a': 1}, b=2).b }}"),
            "{'a': 3, 'b': 2, 'c': 4}2");
  EXPECT_EQ(refusal("{{ dict([1]) }}"), "dict: must be made from a mapping, got a list");
  EXPECT_EQ(refusal("{{ namespace({}, {}) }}"), "namespace: takes one mapping at most, got 2");
}

}  // namespace
}  // namespace sequent::jinja
