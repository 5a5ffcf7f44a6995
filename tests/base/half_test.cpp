#include "sequent/base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sequent {
namespace {

/// IEEE 754 binary16 by its definition.
double f16_value(unsigned bits) {
  const double sign = bits & 0x8000 ? -1 : 1;
  const int exponent = static_cast<int>(bits >> 10 & 31);
  const double fraction = bits & 0x3FF;
  return exponent == 0 ? sign * std::ldexp(fraction, -24) : sign * std::ldexp(1024 + fraction, exponent - 25);
}

TEST(F16, EveryPatternHasItsValueAndComesBack) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const float value = float_from_f16(static_cast<std::uint16_t>(bits));
    if ((bits & 0x7C00) == 0x7C00) {
      ASSERT_EQ(std::isnan(value), (bits & 0x3FF) != 0) << bits;
      ASSERT_EQ(std::isinf(value), (bits & 0x3FF) == 0) << bits;
      ASSERT_EQ(std::signbit(value), (bits & 0x8000) != 0) << bits;
      ASSERT_EQ(f16_from_float(value), std::isnan(value) ? bits | 0x200 : bits) << bits;
    } else {
      ASSERT_EQ(value, f16_value(bits)) << bits;
      ASSERT_EQ(f16_from_float(value), bits);
    }
  }
}

TEST(F16, RoundsToNearestWithTiesToEven) {
  for (unsigned bits = 0; bits < 0x7BFF; ++bits) {
    const float low = static_cast<float>(f16_value(bits));
    const float high = static_cast<float>(f16_value(bits + 1));
    const float middle = low + (high - low) / 2;  // exact: a float has 13 more bits
    ASSERT_EQ(f16_from_float(middle), bits + (bits & 1)) << bits;
    ASSERT_EQ(f16_from_float(std::nextafter(middle, 0.0f)), bits) << bits;
    ASSERT_EQ(f16_from_float(std::nextafter(middle, 1e9f)), bits + 1) << bits;
  }
  EXPECT_EQ(f16_from_float(65519.996f), 0x7BFF);
  EXPECT_EQ(f16_from_float(65520.0f), 0x7C00);
  EXPECT_EQ(f16_from_float(-1e30f), 0xFC00);
}

TEST(Bf16, EveryPatternComesBack) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const float value = float_from_bf16(static_cast<std::uint16_t>(bits));
    ASSERT_EQ(bf16_from_float(value), std::isnan(value) ? bits | 0x40 : bits) << bits;
  }
}

TEST(Bf16, RoundsToNearestWithTiesToEven) {
  EXPECT_EQ(bf16_from_float(1.0f + 0x1p-8f), 0x3F80);  // tie, down to even
  EXPECT_EQ(bf16_from_float(1.0f + 0x1p-8f + 0x1p-20f), 0x3F81);
  EXPECT_EQ(bf16_from_float(1.0f + 0x1p-7f + 0x1p-8f), 0x3F82);  // tie, up to even
  EXPECT_EQ(bf16_from_float(std::numeric_limits<float>::max()), 0x7F80);
}

}  // namespace
}  // namespace sequent
