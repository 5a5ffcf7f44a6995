#include "sequent/text/jinja_scopes.h"

#include <gtest/gtest.h>

namespace sequent::jinja {
namespace {

std::int64_t number(const Scopes& scopes, std::string_view name) {
  const Value* found = scopes.find(name);
  return found ? *found->as<std::int64_t>() : -1;
}

TEST(JinjaScopes, InnerNamesHideOuterOnesUntilTheyEnd) {
  Context context({});
  Scopes scopes(context);
  scopes.set("a", {std::int64_t{1}});
  {
    const Scopes::Scope scope(scopes);
    EXPECT_EQ(number(scopes, "a"), 1);
    scopes.set("a", {std::int64_t{2}});
    scopes.set("b", {std::int64_t{3}});
    scopes.set("b", {std::int64_t{4}});
    EXPECT_EQ(number(scopes, "a"), 2);
    EXPECT_EQ(number(scopes, "b"), 4);
  }
  EXPECT_EQ(number(scopes, "a"), 1);
  EXPECT_EQ(number(scopes, "b"), -1);
}

TEST(JinjaScopes, AClosedScopeSeesTheOutermostOnly) {
  Context context({});
  Scopes scopes(context);
  scopes.set("root", {std::int64_t{1}});
  const Scopes::Scope loop(scopes);
  scopes.set("item", {std::int64_t{2}});
  {
    const Scopes::Scope macro(scopes, true);
    EXPECT_EQ(number(scopes, "root"), 1);
    EXPECT_EQ(number(scopes, "item"), -1);
    scopes.set("argument", {std::int64_t{3}});
    const Scopes::Scope inner(scopes);
    EXPECT_EQ(number(scopes, "argument"), 3);
  }
  EXPECT_EQ(number(scopes, "item"), 2);
}

}  // namespace
}  // namespace sequent::jinja
