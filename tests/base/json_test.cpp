#include "sequent/base/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/base/files.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

using test::error_of;

TEST(ParseJson, NamesFileAndLineOfAMistake) {
  EXPECT_EQ(parse_json("{\"a\": [1, 2]}", "f.json")["a"][1], 2);
  EXPECT_EQ(error_of([] { parse_json("{\n\"a\": ]\n}", "f.json"); }), "f.json: not valid JSON, line 2, byte 8 of 10");
  EXPECT_EQ(error_of([] { parse_json("", "f.json"); }), "f.json: not valid JSON, line 1, byte 1 of 0");
  EXPECT_EQ(error_of([] { parse_json("{\"a\": \"\xff\"}", "f.json"); }),
            "f.json: not valid JSON, line 1, byte 8 of 10");
  EXPECT_EQ(error_of([] { parse_json("1e999", "f.json"); }), "f.json: JSON holds a number out of range");
}

TEST(ParseJson, ReadsPythonsConstantsAsStrings) {
  const nlohmann::json json =
      parse_json(R"({"a": [0.0, Infinity], "b": -Infinity, "c": NaN, "d": "\"Infinity, NaN"})", "f");
  EXPECT_EQ(json["a"][0], 0.0);
  EXPECT_EQ(json["a"][1], "Infinity");
  EXPECT_EQ(json["b"], "-Infinity");
  EXPECT_EQ(json["c"], "NaN");
  EXPECT_EQ(json["d"], "\"Infinity, NaN");
  EXPECT_TRUE(error_of([] { parse_json("[1, Infinityx]", "f.json"); }).starts_with("f.json: not valid JSON"));
}

TEST(ParseJson, BoundsNesting) {
  const std::string fine = std::string(60, '[') + std::string(60, ']');
  EXPECT_TRUE(parse_json(fine, "f.json").is_array());
  EXPECT_EQ(error_of([] { parse_json(std::string(1000000, '['), "f.json"); }), "f.json: JSON nested deeper than 64");
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  EXPECT_EQ(error_of([&] { parse_json(objects, "f.json"); }), "f.json: JSON nested deeper than 64");
}

TEST(IntegerOf, IsExactOrNothing) {
  const auto integer = [](const char* text) { return integer_of(parse_json(text, "f")); };
  EXPECT_EQ(integer("7"), 7);
  EXPECT_EQ(integer("-7"), -7);
  EXPECT_EQ(integer("4.0"), 4);
  EXPECT_EQ(integer("1e3"), 1000);
  EXPECT_EQ(integer("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(integer("9223372036854775807"), INT64_MAX);
  for (const char* text : {"4.5", "1e100", "-1e100", "9223372036854775808", "9.3e18", "true", "null", "\"7\"", "[7]"}) {
    EXPECT_EQ(integer(text), std::nullopt) << text;
  }
}

TEST(ReadJsonObject, RefusesOtherValues) {
  const test::TemporaryDirectory directory;
  write_file_atomically(directory / "a.json", "[1]");
  EXPECT_EQ(error_of([&] { read_json_object(directory / "a.json"); }),
            (directory / "a.json") + ": must be a JSON object, got array");
}

}  // namespace
}  // namespace sequent
