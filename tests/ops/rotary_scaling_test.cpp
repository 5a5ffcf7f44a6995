#include "sequent/ops/rotary_scaling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/support/files.h"

namespace sequent {
namespace {

using Kind = RotaryScaling::Kind;
using test::error_of;

TEST(RotaryScaling, NoneLeavesPowersOfTheBaseAndLinearDividesThem) {
  const std::vector<double> plain = rotary_frequencies(100, 6);
  ASSERT_EQ(plain.size(), 3U);
  for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(plain[j], std::pow(100.0, -2.0 * j / 6), 1e-15);
  const std::vector<double> slow = rotary_frequencies(100, 6, {.kind = Kind::linear, .factor = 4});
  for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(slow[j], plain[j] / 4, 1e-15);
}

// With Llama 3.1's settings, head width and base, the wavelengths of 2048 and 8192 tokens lie among the pairs.
TEST(RotaryScaling, Llama3KeepsShortWavesStretchesLongOnesAndGoesBetween) {
  const RotaryScaling scaling = {.kind = Kind::llama3, .factor = 8, .original_context = 8192};
  const std::vector<double> plain = rotary_frequencies(500000, 128), scaled = rotary_frequencies(500000, 128, scaling);
  int kept = 0, between = 0, stretched = 0;
  for (std::size_t j = 0; j < plain.size(); ++j) {
    const double wavelength = 2 * std::numbers::pi / plain[j], divisor = plain[j] / scaled[j];
    if (wavelength < 2048) {
      ++kept;
      EXPECT_DOUBLE_EQ(divisor, 1);
    } else if (wavelength > 8192) {
      ++stretched;
      EXPECT_NEAR(divisor, 8, 1e-12);
    } else {
      ++between;
      const double smooth = (8192 / wavelength - 1) / 3;
      EXPECT_NEAR(divisor, 1 / ((1 - smooth) / 8 + smooth), 1e-9);
    }
  }
  EXPECT_EQ(kept, 29);
  EXPECT_EQ(between, 6);
  EXPECT_EQ(stretched, 29);
}

TEST(RotaryScaling, YarnKeepsThePairsThatTurnOftenAndScalesScores) {
  const RotaryScaling scaling = {.kind = Kind::yarn, .factor = 4, .original_context = 4096};
  const std::vector<double> plain = rotary_frequencies(10000, 128), scaled = rotary_frequencies(10000, 128, scaling);
  double before = 1;
  for (std::size_t j = 0; j < plain.size(); ++j) {
    const double turns = 4096 * plain[j] / (2 * std::numbers::pi), divisor = plain[j] / scaled[j];
    if (turns > 40) {
      EXPECT_DOUBLE_EQ(divisor, 1) << j;
    } else if (turns < 0.9) {
      EXPECT_NEAR(divisor, 4, 1e-12) << j;
    }
    EXPECT_GE(divisor, before) << j;
    before = divisor;
  }
  EXPECT_NEAR(scaling.score_factor(), std::pow(0.1 * std::log(4.0) + 1, 2), 1e-12);
  RotaryScaling given = scaling;
  given.attention_factor = 0.5f;
  EXPECT_EQ(given.score_factor(), 0.25);
  EXPECT_EQ((RotaryScaling{.kind = Kind::linear, .factor = 4}).score_factor(), 1);
}

TEST(RotaryScaling, NamesWhatCannotBe) {
  EXPECT_EQ(error_of([] { RotaryScaling{.kind = Kind::linear, .factor = 0.5f}.validate(); }),
            "model: the factor of scaled rotary positions must be at least 1, got 0.5");
  EXPECT_EQ(error_of([] { RotaryScaling{.kind = Kind::yarn, .factor = 2}.validate(); }),
            "model: scaled rotary positions need the context they were first trained for, got 0");
  RotaryScaling llama = {.kind = Kind::llama3, .factor = 2, .original_context = 8};
  EXPECT_NO_THROW(llama.validate());
  llama.low_frequency_factor = 4;
  EXPECT_EQ(error_of([&] { llama.validate(); }),
            "model: the frequency factors of scaled rotary positions must be positive and rise, got 4 and 4");
  EXPECT_EQ(error_of([] {
              RotaryScaling{.kind = Kind::yarn, .factor = 2, .original_context = 8, .beta_fast = 1}.validate();
            }),
            "model: beta_slow and beta_fast of scaled rotary positions must be positive and rise, got 1 and 1");
  EXPECT_EQ(error_of([] {
              RotaryScaling{.kind = Kind::yarn, .factor = 2, .original_context = 8, .attention_factor = -1}.validate();
            }),
            "model: the attention factor of scaled rotary positions must not be negative, got -1");
  EXPECT_NO_THROW((RotaryScaling{.factor = 0}).validate());
}

}  // namespace
}  // namespace sequent
