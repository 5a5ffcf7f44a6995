#include "sequent/text/jinja_lexer.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace sequent::jinja {
namespace {

std::string words(std::string_view source) {
  std::string result;
  for (const Token& token : tokens_of(source, "test")) result += token.text + "/";
  return result;
}

std::string error(std::string_view source) {
  return test::error_of([&] { tokens_of(source, "test"); });
}

TEST(JinjaLexer, CutsExpressionsIntoWords) {
  EXPECT_EQ(words("{{ a.b['c\\n']//2 != 1.5e3 }}"), "/a/./b/[/c\n/]////2/!=/1.5e3///");
  EXPECT_EQ(words("{{x.0.1}}"), "/x/./0/./1///");
}

TEST(JinjaLexer, CountsLines) {
  const std::vector<Token> tokens = tokens_of("a\n{# \n #}{{\n'x\ny'\nz }}\n{% raw %}\n{% endraw %}{{ w }}", "test");
  std::vector<std::pair<std::string, int>> names;
  for (const Token& token : tokens) {
    if (token.kind == TokenKind::name || token.kind == TokenKind::string) names.emplace_back(token.text, token.line);
  }
  EXPECT_EQ(names, (std::vector<std::pair<std::string, int>>{{"x\ny", 4}, {"z", 6}, {"w", 8}}));
}

TEST(JinjaLexer, ATrailingNewlineIsLeftOut) {
  EXPECT_EQ(words("a\n\n"), "a\n//");
  EXPECT_EQ(words("\r\n"), "/");
  EXPECT_EQ(words(""), "/");
}

TEST(JinjaLexer, MistakesAreNamedWithTheirLine) {
  EXPECT_EQ(error("\n{{ a"), "test, line 2: {{ is not closed");
  EXPECT_EQ(error("{%"), "test, line 1: {% is not closed");
  EXPECT_EQ(error("{{ 'a }}"), "test, line 1: a string is not closed");
  EXPECT_EQ(error("{# a"), "test, line 1: a comment is not closed");
  EXPECT_EQ(error("{% raw %}{% endra %}"), "test, line 1: {% raw %} is not closed");
  EXPECT_EQ(error("{{ ( ] }}"), "test, line 1: unexpected ']'");
  EXPECT_EQ(error("{{ \u00e9 }}"), "test, line 1: unexpected '\u00e9'");
  EXPECT_EQ(error("{{ 1_000 }}"), "test, line 1: numbers are supported in decimal digits only, got '1_'");
  EXPECT_EQ(error("{{ 0x1f }}"), "test, line 1: numbers are supported in decimal digits only, got '0x'");
  EXPECT_EQ(error("{{ '\\x4' }}"), "test, line 1: an escape needs 2 hexadecimal digits");
  EXPECT_EQ(error("{{ '\\ud800' }}"), "test, line 1: an escape stands for no character");
  EXPECT_EQ(error("{{ '\\N{DASH}' }}"), "test, line 1: the escape '\\N' is not supported");
}

}  // namespace
}  // namespace sequent::jinja
