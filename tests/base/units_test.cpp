#include "sequent/base/units.h"

#include <gtest/gtest.h>

#include <limits>

namespace sequent {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Units, ContextsAreInPowersOf1024) {
  EXPECT_EQ(parse_context("1"), 1);
  EXPECT_EQ(parse_context("500"), 500);
  EXPECT_EQ(parse_context("1k"), 1024);
  EXPECT_EQ(parse_context("64K"), 65536);
  EXPECT_EQ(parse_context("1M"), 1048576);
  for (const char* wrong : {"", "k", "0", "-1", "-1k", "1.5k", "1kk", "4 k", "1G", "9223372036854775807k"}) {
    EXPECT_EQ(parse_context(wrong), std::nullopt) << wrong;
  }
  for (const std::int64_t tokens : {1, 1000, 1024, 1536, 65536, 1048576, 3145728}) {
    EXPECT_EQ(parse_context(format_context(tokens)), tokens);
  }
  EXPECT_EQ(format_context(65536), "64K");
  EXPECT_EQ(format_context(1048576), "1M");
  EXPECT_EQ(format_context(1500), "1500");
  EXPECT_EQ(format_context(0), "0");
}

TEST(Units, Counts) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(7), "7");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(999.4), "999");
  EXPECT_EQ(format_count(999.6), "1.00K");
  EXPECT_EQ(format_count(1000), "1.00K");
  EXPECT_EQ(format_count(9994), "9.99K");
  EXPECT_EQ(format_count(9996), "10.0K");
  EXPECT_EQ(format_count(1020345), "1.02M");
  EXPECT_EQ(format_count(999499), "999K");
  EXPECT_EQ(format_count(999500), "1.00M");
  EXPECT_EQ(format_count(1.5e9), "1.50B");
  EXPECT_EQ(format_count(2e12), "2.00T");
  EXPECT_EQ(format_count(0.52), "0.52");
  EXPECT_EQ(format_count(-1500), "-1.50K");
  EXPECT_EQ(format_count(kNaN), "?");
}

TEST(Units, Bytes) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.00 KiB");
  EXPECT_EQ(format_bytes(12.3 * 1024 * 1024), "12.3 MiB");
  EXPECT_EQ(format_bytes(1.5 * 1024 * 1024 * 1024), "1.50 GiB");
  EXPECT_EQ(format_bytes(1023.7 * 1024), "1.00 MiB");
  EXPECT_EQ(format_bytes(kInfinity), "?");
}

TEST(Units, Durations) {
  EXPECT_EQ(format_duration(0), "0s");
  EXPECT_EQ(format_duration(12.34e-6), "12.3 us");
  EXPECT_EQ(format_duration(0.25), "250 ms");
  EXPECT_EQ(format_duration(0.9999), "1.00s");
  EXPECT_EQ(format_duration(4.2), "4.20s");
  EXPECT_EQ(format_duration(59.4), "59s");
  EXPECT_EQ(format_duration(59.6), "1m 00s");
  EXPECT_EQ(format_duration(65), "1m 05s");
  EXPECT_EQ(format_duration(3599.7), "1h 00m");
  EXPECT_EQ(format_duration(7380), "2h 03m");
  EXPECT_EQ(format_duration(3 * 86400 + 4 * 3600 + 59), "3d 04h");
  EXPECT_EQ(format_duration(1e300), format_duration(1e15));
  EXPECT_EQ(format_duration(-1), "?");
  EXPECT_EQ(format_duration(kNaN), "?");
  EXPECT_EQ(format_duration(kInfinity), "?");
}

TEST(Units, Rates) {
  EXPECT_EQ(format_rate(3360, "tokens"), "3.36K tokens/s");
  EXPECT_EQ(format_rate(12.345, "steps"), "12.3 steps/s");
}

}  // namespace
}  // namespace sequent
