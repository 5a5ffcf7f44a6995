#include "sequent/models/architecture.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sequent/base/error.h"
#include "sequent/models/language_model.h"
#include "sequent/models/pattern.h"

namespace sequent {
namespace {

TEST(Architectures, AreFoundByName) {
  EXPECT_EQ(architecture("mamba").name, "mamba");
  try {
    architecture("rwkv");
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("architecture: there is no 'rwkv'; known are transformer, mamba"))
        << error.what();
  }
}

TEST(Architectures, ParametersAskedForAreAboutThoseGiven) {
  for (const Architecture& entry : architectures()) {
    for (const std::int64_t wanted : {300'000, 1'000'000, 10'000'000, 130'000'000}) {
      const LanguageModelConfig config = new_model_config(entry.name, {.parameters = wanted, .vocabulary = 257});
      const auto count = static_cast<double>(count_parameters(config));
      EXPECT_LT(std::abs(std::log(count / static_cast<double>(wanted))), 0.15) << entry.name << " " << wanted;
    }
  }
}

TEST(Architectures, ExplicitSizesAreKept) {
  const LanguageModelConfig config = new_model_config(
      "transformer",
      {.layers = 4, .width = 256, .heads = 4, .key_value_heads = 2, .feed_forward = 683, .vocabulary = 257});
  EXPECT_EQ(config.blocks.size(), 4u);
  EXPECT_EQ(config.mixers.attention.head_width, 64);
  EXPECT_EQ(config.mixers.attention.key_value_heads, 2);
  EXPECT_EQ(config.channel_mixer.hidden_width, 683);
  EXPECT_THROW(new_model_config("transformer", {.layers = 4, .width = 250, .heads = 4, .vocabulary = 257}), Error);
}

TEST(Architectures, APatternTakesThePlaceOfTheBlocks) {
  const LanguageModelConfig config =
      new_model_config("mamba", {.layers = 8, .width = 64, .vocabulary = 257, .pattern = "3*mamba/none attention/glu"});
  EXPECT_EQ(format_pattern(config.blocks), "2*(3*mamba/none attention/glu)");
  EXPECT_EQ(config.mixers.attention.head_width, 32);
  EXPECT_EQ(config.architecture, "hybrid");
  // By its number of parameters as well, with the layers of the pattern.
  const LanguageModelConfig searched =
      new_model_config("mamba", {.parameters = 300'000, .vocabulary = 257, .pattern = "3*mamba/none attention/glu"});
  EXPECT_EQ(searched.blocks.size(), 4u);
  EXPECT_LT(std::abs(std::log(static_cast<double>(count_parameters(searched)) / 300'000)), 0.15);
}

}  // namespace
}  // namespace sequent
