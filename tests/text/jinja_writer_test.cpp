#include "sequent/text/jinja_writer.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/files.h"

namespace sequent::jinja {
namespace {

class JinjaWriter : public testing::Test {
 protected:
  std::string literal(const Value& value) {
    TextBuilder out(context);
    write_literal(out, value);
    return out.take();
  }
  std::string json(const Value& value, const JsonStyle& style = {}) {
    TextBuilder out(context);
    write_json(out, value, style);
    return out.take();
  }
  Value text(const char* content) { return context.text(std::string(content)); }

  Context context{{}};
};

TEST_F(JinjaWriter, NumbersAreThoseOfPython) {
  EXPECT_EQ(literal({1.0}), "1.0");
  EXPECT_EQ(literal({1e16}), "1e+16");
  EXPECT_EQ(literal({1e-5}), "1e-05");
  EXPECT_EQ(literal({-0.0}), "-0.0");
  EXPECT_EQ(literal({std::numeric_limits<std::int64_t>::min()}), "-9223372036854775808");
  EXPECT_EQ(literal({std::numeric_limits<double>::infinity()}), "inf");
  EXPECT_EQ(json({-std::numeric_limits<double>::infinity()}), "-Infinity");
  EXPECT_EQ(json({std::numeric_limits<double>::quiet_NaN()}), "NaN");
}

TEST_F(JinjaWriter, StringsAreQuoted) {
  EXPECT_EQ(literal(text("it's")), "\"it's\"");
  EXPECT_EQ(literal(text("it's \"so\"\n\x01\u200b\U000E0001")), "'it\\'s \"so\"\\n\\x01\\u200b\\U000e0001'");
  EXPECT_EQ(json(text("\"\\\b\x1f\u00e9/")), "\"\\\"\\\\\\b\\u001f\u00e9/\"");
  EXPECT_EQ(json(text("\u00e9\U0001F600"), {.indent = {}, .ascii = true}), "\"\\u00e9\\ud83d\\ude00\"");
}

TEST_F(JinjaWriter, PlainTextHasNoQuotes) {
  EXPECT_EQ(plain(context, text("it's")), "it's");
  EXPECT_EQ(plain(context, undefined("x")), "");
  EXPECT_EQ(plain(context, {None{}}), "None");
}

TEST_F(JinjaWriter, ObjectsWithoutALiteralFormAreRefused) {
  EXPECT_EQ(test::error_of([&] { literal(context.function({})); }), "a function cannot be printed");
  EXPECT_EQ(test::error_of([&] { literal(context.list({}, SequenceKind::generator)); }),
            "a generator cannot be printed");
  EXPECT_EQ(test::error_of([&] { json(undefined("x")); }), "tojson: a value of type undefined value has no JSON form");
  EXPECT_EQ(test::error_of([&] { json(context.name_space({})); }),
            "tojson: a value of type namespace has no JSON form");
}

TEST_F(JinjaWriter, WritesJsonInSeveralLines) {
  const Value value = context.mapping({{std::make_shared<const std::string>("b"), context.list({Value{true}})},
                                       {std::make_shared<const std::string>("a"), context.list({})}});
  EXPECT_EQ(json(value), "{\"b\": [true], \"a\": []}");
  EXPECT_EQ(json(value, {.indent = "  ", .item_separator = ",", .sort_keys = true}),
            "{\n  \"a\": [],\n  \"b\": [\n    true\n  ]\n}");
}

}  // namespace
}  // namespace sequent::jinja
