#include "sequent/text/base64.h"

#include <gtest/gtest.h>

namespace sequent {
namespace {

TEST(Base64, DecodesWithAndWithoutPadding) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("TWFu"), "Man");
  EXPECT_EQ(decode_base64("TWE="), "Ma");
  EXPECT_EQ(decode_base64("TQ=="), "M");
  EXPECT_EQ(decode_base64("TQ"), "M");
  EXPECT_EQ(decode_base64("+/8A"), std::string("\xFB\xFF\0", 3));
}

TEST(Base64, RefusesAnythingElse) {
  for (const char* text : {"A", "AAAAA", "TW F", "TWE-", "T===", "=", "TQ==TQ=="}) {
    EXPECT_FALSE(decode_base64(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sequent
