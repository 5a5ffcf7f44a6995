// Reading the layouts of Hugging Face; parity is in golden_test.cpp.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/models/language_model.h"
#include "sequent/models/layout.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

TEST(MambaLayout, TheInnerWidthWinsOverExpand) {
  const LanguageModelConfig config = kMamba.read(nlohmann::json::parse(
      R"({"hidden_size": 64, "num_hidden_layers": 1, "vocab_size": 9, "expand": 16, "intermediate_size": 128,
          "time_step_rank": "auto"})"));
  EXPECT_EQ(config.mixers.mamba.inner_width, 128);
  EXPECT_EQ(config.mixers.mamba.delta_rank, 4);
}

TEST(MambaLayout, RefusesWhatItDoesNotCompute) {
  EXPECT_EQ(test::error_of([] {
              kMamba.read(nlohmann::json::parse(
                  R"({"hidden_size": 64, "num_hidden_layers": 1, "vocab_size": 9, "hidden_act": "relu"})"));
            }),
            "config.json: hidden_act must be silu, got relu");
}

TEST(FalconMambaLayout, HasTheParametersOfThePublishedModel) {
  const nlohmann::json published = nlohmann::json::parse(
      R"({"model_type": "falcon_mamba", "hidden_size": 4096, "intermediate_size": 8192, "expand": 16,
          "num_hidden_layers": 64, "state_size": 16, "conv_kernel": 4, "time_step_rank": 256, "vocab_size": 65024,
          "layer_norm_epsilon": 1e-05, "tie_word_embeddings": false, "eos_token_id": 11})");
  const LanguageModelConfig config = layout_of_config(published).read(published);
  EXPECT_EQ(count_parameters(config), 7'272'665'088);
  EXPECT_EQ(config.mixers.mamba.inner_norm_epsilon, 1e-6f);
  EXPECT_EQ(config.norm_epsilon, 1e-5f);
  EXPECT_EQ(&layout_for(config), &kFalconMamba);
  // With weights on its norms it is another model, which no published layout has.
  LanguageModelConfig weighted = config;
  weighted.mixers.mamba.inner_norm_weights = true;
  EXPECT_EQ(&layout_for(weighted), &kSequent);
}

}  // namespace
}  // namespace sequent
