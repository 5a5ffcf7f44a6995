#include "sequent/models/dimensions.h"

#include <gtest/gtest.h>

#include "sequent/models/architecture.h"

namespace sequent {
namespace {

TEST(ModelDimensions, EveryMixerGetsItsSizes) {
  for (const MixerEntry& mixer : mixers()) {
    for (const ChannelMixerEntry& channel : channel_mixers()) {
      const LanguageModelConfig config =
          sized({{std::string(mixer.name), std::string(channel.name)}}, {.width = 64, .vocabulary = 9});
      EXPECT_NO_THROW(validate(config)) << mixer.name << "/" << channel.name;
    }
  }
}

TEST(ModelDimensions, LayersGrowWithTheParameters) {
  EXPECT_EQ(layers_of({.parameters = 1'000'000}), 4);
  EXPECT_EQ(layers_of({.parameters = 1'000'000}, Depth::one_mixer), 6);
  EXPECT_EQ(layers_of({.parameters = 100'000'000}), 12);
  EXPECT_EQ(layers_of({.parameters = 100'000'000, .layers = 3}), 3);
}

TEST(ModelDimensions, WhatAddsToTheResidualStreamStartsSmallerTheMoreThereIs) {
  // Two blocks of one addition and one of two.
  const LanguageModelConfig config =
      sized({{"mamba", "none"}, {"mamba", "none"}, {"attention", "glu"}}, {.width = 64, .vocabulary = 9});
  EXPECT_FLOAT_EQ(config.mixers.mamba.residual_factor, 0.5f);
  EXPECT_FLOAT_EQ(config.mixers.attention.residual_deviation, 0.01f);
  EXPECT_FLOAT_EQ(config.channel_mixer.residual_deviation, 0.01f);
}

TEST(ModelDimensions, TheGateOfASingleChoiceIsItsProbability) {
  const std::vector<BlockConfig> blocks = {{"attention", "moe"}};
  EXPECT_TRUE(sized(blocks, {.width = 64, .vocabulary = 9, .experts_per_token = 2}).channel_mixer.mixture.renormalise);
  EXPECT_FALSE(sized(blocks, {.width = 64, .vocabulary = 9, .experts_per_token = 1}).channel_mixer.mixture.renormalise);
}

TEST(ModelDimensions, HeadsDivideTheWidthEvenly) {
  for (std::int64_t width = 8; width <= 1024; width += 8) {
    const AttentionConfig attention = sized({{"attention", "glu"}}, {.width = width, .vocabulary = 9}).mixers.attention;
    EXPECT_EQ(attention.heads * attention.head_width, width);
    EXPECT_EQ(attention.head_width % 2, 0);
  }
}

}  // namespace
}  // namespace sequent
