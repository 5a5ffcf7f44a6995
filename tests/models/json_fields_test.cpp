#include "sequent/models/json_fields.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>

#include "tests/support/files.h"

namespace sequent {
namespace {

using nlohmann::json;
using test::error_of;

TEST(JsonFields, AreReadOrNamed) {
  const json object = {{"width", 8}, {"name", "a"}, {"nothing", nullptr}};
  EXPECT_EQ(field<std::int64_t>(object, "width"), 8);
  EXPECT_EQ(field_or<std::int64_t>(object, "width", 3), 8);
  EXPECT_EQ(field_or<std::int64_t>(object, "absent", 3), 3);
  EXPECT_EQ(field_or<std::int64_t>(object, "nothing", 3), 3);
  EXPECT_EQ(error_of([&] { field<std::int64_t>(object, "absent"); }), "config.json: absent is missing");
  EXPECT_EQ(error_of([&] { field<std::int64_t>(object, "nothing"); }), "config.json: nothing is missing");
  for (const auto& read : {std::function<void()>([&] { field<std::int64_t>(object, "name"); }),
                           std::function<void()>([&] { field_or<std::int64_t>(object, "name", 1); })}) {
    EXPECT_EQ(error_of(read), "config.json: name has an unusable value, \"a\"");
  }
}

TEST(JsonFields, NumbersAreNeitherRoundedNorCutToFit) {
  EXPECT_EQ(field<std::int64_t>(json{{"width", 8.0}}, "width"), 8);
  EXPECT_EQ(field<float>(json{{"base", 5}}, "base"), 5.0f);
  for (const json& width : {json(8.5), json(1e100), json(true)}) {
    EXPECT_EQ(error_of([&] {
                field<std::int64_t>({{"width", width}}, "width");
              }),
              "config.json: width has an unusable value, " + width.dump());
  }
  EXPECT_EQ(error_of([] { field<float>({{"base", 1e39}}, "base"); }), "config.json: base has an unusable value, 1e+39");
}

TEST(JsonFields, ATokenIdMayBeAListOrNothing) {
  EXPECT_EQ(token_id({{"eos", 2}}, "eos"), 2);
  EXPECT_EQ(token_id({{"eos", json::array({7, 8})}}, "eos"), 7);
  EXPECT_EQ(token_id({{"eos", json::array()}}, "eos"), -1);
  EXPECT_EQ(token_id({{"eos", nullptr}}, "eos"), -1);
  EXPECT_EQ(token_id(json::object(), "eos"), -1);
  EXPECT_EQ(error_of([] { token_id({{"eos", "</s>"}}, "eos"); }), "config.json: eos has an unusable value, \"</s>\"");
  EXPECT_EQ(error_of([] {
              token_id({{"eos", json::array({"</s>"})}}, "eos");
            }),
            "config.json: eos has an unusable value, \"</s>\"");
}

struct Settings {
  std::int64_t count = 1;
  float share = 0.1f;
  double limit = std::numeric_limits<double>::infinity();
  bool on = false;
  std::string name = "a";

  std::vector<Field> fields() {
    return {{"count", &count}, {"share", &share}, {"limit", &limit}, {"on", &on}, {"name", &name}};
  }
};

TEST(JsonFields, FieldsSurviveAsAnObject) {
  Settings from;
  from.count = 5;
  from.share = 0.3f;
  from.on = true;
  from.name = std::string("b");
  const std::string text = json_of(from.fields()).dump();
  EXPECT_EQ(text, R"({"count":5,"limit":null,"name":"b","on":true,"share":0.3})");
  Settings to;
  read_fields(json::parse(text), to.fields());
  EXPECT_EQ(json_of(to.fields()), json_of(from.fields()));
  EXPECT_EQ(to.share, 0.3f);
}

TEST(JsonFields, EveryFloatIsWrittenByDigitsThatGiveItAgain) {
  Settings from, to;
  for (std::uint32_t bits = 1; bits < 0x7f000000u; bits += 0x00031337u) {
    std::memcpy(&from.share, &bits, sizeof bits);
    read_fields(json::parse(json_of(from.fields()).dump()), to.fields());
    ASSERT_EQ(to.share, from.share);
  }
}

TEST(JsonFields, AnUnknownKeyIsAnErrorAndAMissingOneIsNot) {
  Settings settings;
  read_fields({{"count", 7}}, settings.fields());
  EXPECT_EQ(settings.count, 7);
  EXPECT_EQ(settings.name, "a");
  EXPECT_EQ(error_of([&] {
              read_fields({{"cuont", 7}}, settings.fields());
            }),
            "config.json: there is no setting 'cuont'; did you mean 'count'?");
  EXPECT_EQ(error_of([&] { read_fields({{"on", 7}}, settings.fields()); }), "config.json: on has an unusable value, 7");
}

}  // namespace
}  // namespace sequent
