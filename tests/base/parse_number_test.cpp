#include "sequent/base/parse_number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

namespace sequent {
namespace {

TEST(ParseNumber, ReadsTheWholeText) {
  EXPECT_EQ(parse_number<std::int64_t>("12"), 12);
  EXPECT_EQ(parse_number<std::int64_t>("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(parse_number<double>("1e-3"), 1e-3);
  EXPECT_EQ(parse_number<double>("-.5"), -0.5);
  EXPECT_TRUE(std::isinf(parse_number<double>("inf").value()));
}

TEST(ParseNumber, IsNothingForAnythingElse) {
  for (const char* text : {"", " 1", "1 ", "+1", "1x", "0x10", "1.5", "-", "many", "9223372036854775808"}) {
    EXPECT_EQ(parse_number<std::int64_t>(text), std::nullopt) << text;
  }
  for (const char* text : {"", "1,5", "1e", "1e999", "--1"})
    EXPECT_EQ(parse_number<double>(text), std::nullopt) << text;
  EXPECT_EQ(parse_number<std::int64_t>(std::string_view("12345").substr(1, 2)), 23);
}

}  // namespace
}  // namespace sequent
