#include "sequent/text/jinja_renderer.h"

#include <gtest/gtest.h>

#include "tests/text/jinja_rendering.h"

namespace sequent::jinja {
namespace {

TEST(JinjaRenderer, LeavingALoopLeavesTheBlocksWithin) {
  EXPECT_EQ(rendered("{% for x in [1, 2, 3] %}{% filter upper %}a{% if x == 2 %}{% break %}{% endif %}{% endfilter %}"
                     "{{ x }}{% endfor %}b"),
            "A1b");
  EXPECT_EQ(rendered("{% for x in [1, 2] %}{% set y %}{% continue %}{% endset %}{{ x }}{% endfor %}b"), "b");
}

TEST(JinjaRenderer, ALoopThatIsKeptMovesOn) {
  EXPECT_EQ(rendered("{% set n = namespace() %}{% for x in 'abc' %}{% if loop.first %}{% set n.l = loop %}{% endif %}"
                     "{{ n.l.index }}{% endfor %}"),
            "123");
}

TEST(JinjaRenderer, AssignmentsThatAreNotPossible) {
  EXPECT_EQ(refusal("{% set a, b = 'xyz' %}"), "3 values cannot be assigned to 2 names");
  EXPECT_EQ(refusal("{% set a = {} %}{% set a.b = 1 %}"),
            "only attributes of a namespace can be assigned to, and 'a' is none");
}

TEST(JinjaRenderer, CallsOfMacrosThatDoNotFit) {
  const std::string macro = "{% macro f(a, b=2) %}{{ a }}{% endmacro %}";
  EXPECT_EQ(refusal(macro + "{{ f(1, 2, 3) }}"), "f: takes 2 arguments, got 3");
  EXPECT_EQ(refusal(macro + "{{ f(c=1) }}"), "f: there is no parameter 'c'");
  EXPECT_EQ(refusal(macro + "{{ f(1, a=1) }}"), "f: the argument 'a' is given twice");
  EXPECT_EQ(refusal("{% macro f(a) %}{{ a.b }}{% endmacro %}{{ f() }}"), "parameter 'a' was not provided");
}

TEST(JinjaRenderer, KnowsTheLineOfAMistake) {
  const Body body = parse_template("{% if 1 %}\n\n{{ 'a' }}{{ 1 - 'b' }}{% endif %}", "test");
  Context context({});
  Scopes scopes(context);
  Renderer renderer(context, scopes);
  EXPECT_THROW(renderer.render(body), Error);
  EXPECT_EQ(renderer.line(), 3);
}

}  // namespace
}  // namespace sequent::jinja
