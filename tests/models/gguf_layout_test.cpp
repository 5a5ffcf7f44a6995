#include "sequent/models/gguf_layout.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/small_models.h"

namespace sequent {
namespace {

TEST(GgufLayout, OneHoldsEachArchitectureThatTheFormatHas) {
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"transformer", "llama"}, {"mixtral", "llama"}, {"mamba", "mamba"}, {"mamba2", "mamba2"}, {"jamba", "jamba"}};
  for (const auto& [architecture, layout] : expected) {
    EXPECT_EQ(gguf_layout_for(test::small_model(architecture)->config()).architecture, layout) << architecture;
  }
}

TEST(GgufLayout, RefusesWhatTheFormatHasNot) {
  EXPECT_EQ(test::error_of([] { gguf_layout_for(test::small_model("retnet")->config()); }),
            "GGUF: no architecture of this format holds such a model (retnet); known are llama, mamba, mamba2, jamba");
  EXPECT_EQ(test::error_of([] { gguf_layout_of("gemma"); }),
            "GGUF: general.architecture 'gemma' is not supported; known are llama, mamba, mamba2, jamba");
  // Each of these would be lost.
  LanguageModelConfig llama = test::small_model("transformer")->config();
  llama.mixers.attention.window = 8;
  EXPECT_THROW(gguf_layout_for(llama), Error);
  LanguageModelConfig mamba = test::small_model("mamba")->config();
  mamba.mixers.mamba.bias = true;
  EXPECT_THROW(gguf_layout_for(mamba), Error);
  LanguageModelConfig mamba2 = test::small_model("mamba2")->config();
  mamba2.mixers.mamba2.delta_limits.minimum = 0.01f;
  EXPECT_THROW(gguf_layout_for(mamba2), Error);
  LanguageModelConfig mixtral = test::small_model("mixtral")->config();
  mixtral.channel_mixer.mixture.renormalise = false;
  EXPECT_THROW(gguf_layout_for(mixtral), Error);
}

}  // namespace
}  // namespace sequent
