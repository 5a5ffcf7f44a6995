#include "sequent/text/jinja_methods.h"

#include <gtest/gtest.h>

#include "tests/text/jinja_rendering.h"

namespace sequent::jinja {
namespace {

TEST(JinjaMethods, ThoseOfPythonOutsideTheSubsetAreRefusedByName) {
  EXPECT_EQ(refusal("\n{{ 'a'.zfill(3) }}"), "the method 'zfill' of a string is not supported");
  EXPECT_EQ(refusal("{{ {}.update({}) }}"), "the method 'update' of a mapping is not supported");
  EXPECT_EQ(refusal("{{ 'a'.nosuch() }}"), "a string has no attribute 'nosuch'");
  EXPECT_EQ(rendered("{{ 'a'.nosuch is defined }}"), "False");
}

TEST(JinjaMethods, ArgumentsOutsideTheSubsetAreRefused) {
  EXPECT_EQ(refusal("{{ 'a'.startswith('a', 1) }}"), "startswith: takes 1 arguments, got 2");
  EXPECT_EQ(refusal("{{ 'a b'.rsplit(none, 1) }}"), "rsplit: a limit is supported with a separator only");
  EXPECT_EQ(refusal("{{ 'a'.split('') }}"), "split: the separator must not be empty");
}

TEST(JinjaMethods, ReplacesBetweenCharacters) {
  Context context({});
  EXPECT_EQ(*replace(context, "\u00e9a", "", "-", -1).text(), "-\u00e9-a-");
  EXPECT_EQ(*replace(context, "\u00e9a", "", "-", 2).text(), "-\u00e9-a");
  EXPECT_EQ(*replace(context, "aaa", "aa", "", -1).text(), "a");
  EXPECT_EQ(*replace(context, "", "a", "b", -1).text(), "");
}

// A method holds its receiver; chains of them would be freed one within the other.
TEST(JinjaMethods, CannotBeNestedWithoutEnd) {
  EXPECT_EQ(refusal("{% set n = namespace(x={}) %}{% for i in range(999) %}{% set n.x = {'a': n.x.get} %}{% endfor %}"
                    "{% set n.y = {} %}{% for i in range(99) %}{% set n.y = {'a': [n.y.get, n.y] } %}{% endfor %}"),
            "values are nested deeper than 64");
}

}  // namespace
}  // namespace sequent::jinja
