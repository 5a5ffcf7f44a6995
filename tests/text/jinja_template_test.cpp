#include "sequent/text/jinja_template.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using Json = nlohmann::ordered_json;

const Json& golden() {
  static const Json file = Json::parse(read_text(SEQUENT_SOURCE_DIR "/tests/golden/text/chat_templates.json"));
  return file;
}

// Null for an error, as in the golden file.
Json rendering(const std::string& source, const Json& variables) {
  try {
    return JinjaTemplate::parse(source, "template").render(variables);
  } catch (const Error&) {
    return nullptr;
  }
}

TEST(JinjaTemplate, RendersTheLanguageAsTransformersDoes) {
  for (const Json& each : golden().at("language")) {
    EXPECT_EQ(rendering(each[0], golden().at("variables")), each[1]) << each[0];
  }
}

TEST(JinjaTemplate, RendersConversationsAsTransformersDoes) {
  for (const Json& each : golden().at("renderings")) {
    Json variables = golden().at("common");
    variables.update(golden().at("conversations").at(each[1].get<std::string>()));
    EXPECT_EQ(rendering(golden().at("templates").at(each[0].get<std::string>()), variables), each[2])
        << each[0] << " " << each[1];
  }
}

TEST(JinjaTemplate, NamesTheTemplateAndTheLine) {
  const auto error = [](const std::string& source) {
    return test::error_of([&] { JinjaTemplate::parse(source, "chat.jinja").render(Json::object()); });
  };
  EXPECT_EQ(error("a\n\n{{ x.y }}"), "chat.jinja, line 3: 'x' is undefined");
  EXPECT_EQ(error("a\n{{ x| }}"), "chat.jinja, line 2: something is missing before the end of the mark");
  EXPECT_EQ(error("\n{{ raise_exception('no ' ~ 'way') }}"), "chat.jinja, line 2: no way");
  EXPECT_EQ(error("{% for x in\n [1] %}\n{{ 1 / 0 }}{% endfor %}"), "chat.jinja, line 3: '/': division by zero");
}

TEST(JinjaTemplate, TheVariablesMustBeAnObject) {
  EXPECT_EQ(test::error_of([] { JinjaTemplate::parse("", "t").render(Json::array()); }),
            "t: the variables must be a JSON object, got array");
}

TEST(JinjaTemplate, TextsThatAreNotUtf8AreMadeSo) {
  EXPECT_EQ(JinjaTemplate::parse("{{ x }}{{ x|length }}\xff", "t").render({{"x", "a\xff\xc3"}}),
            "a\uFFFD\uFFFD3\uFFFD");
}

TEST(JinjaTemplate, TheMomentCanBeGiven) {
  const JinjaTemplate parsed = JinjaTemplate::parse("{{ strftime_now('%Y') }}", "t");
  EXPECT_EQ(parsed.render(Json::object(), {}, 86400 * 200), "1970");
  EXPECT_GE(std::stoi(parsed.render(Json::object())), 2024);
}

// Each would take long or much memory.
TEST(JinjaTemplate, WhatATemplateMayUseIsBounded) {
  const RenderLimits limits = {.steps = 1'000'000, .bytes = 16 << 20};
  const auto error = [&](const std::string& source) {
    return test::error_of([&] { JinjaTemplate::parse(source, "t").render(Json::object(), limits); });
  };
  const std::string loops = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
  EXPECT_NE(error(loops).find("t, line 1: the rendering"), std::string::npos);
  const std::string growth =
      "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}";
  EXPECT_EQ(error(growth), "t, line 1: the rendering makes more than 16777216 bytes of text and lists");
  for (const char* source : {"{{ 'ab' * 10000000000 }}", "{{ [1] * 10000000000 }}", "{{ ' '|indent(99999999999) }}",
                             "{% set x = 'a' * 1000000 %}{{ x|replace('a', x) }}"}) {
    EXPECT_NE(error(source).find("the rendering"), std::string::npos) << source;
  }
  const std::string slow_search = "{% set x = 'a' * 2000000 %}{{ (x ~ 'b') in x ~ x }}";
  EXPECT_EQ(error(slow_search), "t, line 1: the rendering takes more than 1000000 steps");
  EXPECT_EQ(error("{% set ns = namespace(x=[]) %}{% for i in range(99) %}{% set ns.x = [ns.x] %}{% endfor %}"),
            "t, line 1: values are nested deeper than 64");
  EXPECT_EQ(error("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"),
            "t, line 1: expressions, statements and macros are nested deeper than 400");
  // Nothing is deep here, but what is printed would be 2 to the 60th items.
  EXPECT_NE(error("{% set ns = namespace(x=[]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}"
                  "{{ ns.x }}")
                .find("the rendering"),
            std::string::npos);
}

TEST(JinjaTemplate, ANamespaceMayHoldItself) {
  EXPECT_EQ(JinjaTemplate::parse("{% set n = namespace() %}{% set n.n = [n] %}{{ n.n[0].n[0] == n }}", "t")
                .render(Json::object()),
            "True");
}

TEST(JinjaTemplate, LimitsCanBeSet) {
  const JinjaTemplate parsed = JinjaTemplate::parse("{{ 'abc' ~ 'def' }}", "t");
  EXPECT_EQ(parsed.render(Json::object(), {.steps = 100, .bytes = 4096, .nesting = 10}), "abcdef");
  EXPECT_NE(test::error_of([&] { parsed.render(Json::object(), {.steps = 3}); }).find("3 steps"), std::string::npos);
}

}  // namespace
}  // namespace sequent
