#include "sequent/text/jinja_access.h"

#include <gtest/gtest.h>

#include "sequent/text/jinja_writer.h"
#include "tests/text/jinja_rendering.h"

namespace sequent::jinja {
namespace {

TEST(JinjaAccess, SlicesAreThoseOfPython) {
  // By the definition of slice.indices() for a length of 4, worked out by hand.
  EXPECT_EQ(rendered("{{ 'abcd'[-9:9] }} {{ 'abcd'[9:-9:-1] }} {{ 'abcd'[2::-2] }} {{ 'abcd'[:1:-1] }}"),
            "abcd dcba ca dc");
  EXPECT_EQ(rendered("{{ 'abcd'[1:1] }}{{ 'abcd'[3:1] }}{{ ''[::-1] }}{{ [][0:5] }}"), "[]");
  EXPECT_EQ(rendered("{{ 'abcd'[0:4:9223372036854775807] }}{{ 'abcd'[::-9223372036854775807] }}"), "ad");
  EXPECT_EQ(rendered("{{ 'abcd'[-9223372036854775807:9223372036854775807] }}"), "abcd");
}

TEST(JinjaAccess, WhatHasNoItemsIsRefused) {
  EXPECT_EQ(refusal("{{ none[1:] }}"), "a slice: not possible for a none");
  EXPECT_EQ(refusal("{{ 'abc'['a':] }}"), "slice: not possible for a string");
  EXPECT_EQ(refusal("{{ 'abc'[::0] }}"), "slice: the step must not be 0");
  EXPECT_EQ(refusal("{{ 5|length }}"), "length: not possible for a integer");
  EXPECT_EQ(refusal("{{ [1]|select|length }}"), "length: not possible for a generator");
  EXPECT_EQ(refusal("{% for x in 5 %}{% endfor %}"), "a loop over the items: not possible for a integer");
}

TEST(JinjaAccess, AnAttributeOfALoopOutsideTheSubsetIsRefused) {
  EXPECT_EQ(refusal("{% for x in [1] %}{{ loop.cycle('a', 'b') }}{% endfor %}"), "loop.cycle is not supported");
}

TEST(JinjaAccess, MissingThingsSayWhatIsMissing) {
  EXPECT_EQ(refusal("{{ {}.a.b }}"), "a mapping has no attribute 'a'");
  EXPECT_EQ(refusal("{{ none.a.b }}"), "none has no attribute 'a'");
  EXPECT_EQ(refusal("{{ [1][5] + 1 }}"), "a list has no such item");
}

}  // namespace
}  // namespace sequent::jinja
