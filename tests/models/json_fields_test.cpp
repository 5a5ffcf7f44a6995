#include "sequent/models/json_fields.h"

#include <gtest/gtest.h>

#include <functional>

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

}  // namespace
}  // namespace sequent
