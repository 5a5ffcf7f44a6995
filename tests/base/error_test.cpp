#include "sequent/base/error.h"

#include <gtest/gtest.h>

namespace sequent {
namespace {

TEST(Error, CarriesTheFormattedSentence) {
  try {
    fail("rms_norm: weight must be [{}], got [{}]", 512, 256);
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "rms_norm: weight must be [512], got [256]");
  }
}

TEST(Error, CheckThrowsOnlyWhenTheConditionFails) {
  EXPECT_NO_THROW(check(true, "never {}", 1));
  EXPECT_THROW(check(false, "always {}", std::string("said")), Error);
}

TEST(Error, IsAStandardException) {
  EXPECT_THROW(fail("any"), std::runtime_error);
}

TEST(Error, ValuesAreNotReadAsFormats) {
  try {
    fail("config: unknown key {}", std::string("{}{"));
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "config: unknown key {}{");
  }
}

}  // namespace
}  // namespace sequent
