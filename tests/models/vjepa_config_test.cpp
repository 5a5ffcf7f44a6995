#include "sequent/models/vjepa_config.h"

#include <gtest/gtest.h>

#include "sequent/models/vjepa.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

std::int64_t count_of(const VJepaConfig& config) {
  const auto source = shapes_only();
  return VJepa(config, *source).parameters().count();
}

TEST(VJepaConfig, SizesHaveThePublishedNumbersOfParameters) {
  // Of encoder and predictor as the published code counts them, positions excluded.
  const auto encoder_of = [](const char* name) {
    const auto source = shapes_only();
    Parameters parameters(*source);
    VisionTransformer(vjepa_of_size(name).encoder, "encoder", ParameterScope(parameters));
    return parameters.count();
  };
  EXPECT_EQ(encoder_of("tiny"), 5'633'856);
  EXPECT_EQ(encoder_of("large"), 303'885'312);
  EXPECT_EQ(encoder_of("huge"), 631'648'000);
  EXPECT_EQ(count_of(vjepa_of_size("tiny")) - encoder_of("tiny"), 21'443'136);
}

TEST(VJepaConfig, SizesAreFoundByNameAndWidth) {
  EXPECT_EQ(vision_size("base").width, 768);
  ASSERT_NE(vision_size_of_width(1280), nullptr);
  EXPECT_EQ(vision_size_of_width(1280)->name, "huge");
  EXPECT_EQ(vision_size_of_width(1000), nullptr);
  EXPECT_EQ(test::error_of([] { vjepa_of_size("enormous"); }),
            "size of a vision transformer: there is no 'enormous'; known are tiny, small, base, large, huge, giant");
}

TEST(VJepaConfig, PixelsAsTargetWidenTheOutput) {
  VJepaConfig config = vjepa_of_size("tiny");
  EXPECT_EQ(config.outputs(), 192);
  config.target = VideoTarget::pixels;
  EXPECT_EQ(config.outputs(), 3 * 2 * 16 * 16);
}

TEST(VJepaConfig, RotaryPositionsNeedEvenHeadsInThePredictorToo) {
  VJepaConfig config = vjepa_of_size("tiny");
  config.encoder.positions = VisionPositions::rotary;
  config.predictor.blocks.heads = 128;
  EXPECT_EQ(test::error_of([&] { config.validate(); }),
            "video predictor: rotary positions need an even head width, got 3");
}

}  // namespace
}  // namespace sequent
