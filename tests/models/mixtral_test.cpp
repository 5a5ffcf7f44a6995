// Reading and writing Mixtral's layout; parity is in golden_test.cpp.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/models/architecture.h"
#include "sequent/models/language_model.h"
#include "sequent/models/layout.h"
#include "tests/support/merged_experts.h"

namespace sequent {
namespace {

nlohmann::json mixtral_8x7b() {
  return nlohmann::json::parse(
      R"({"hidden_size": 4096, "num_hidden_layers": 32, "vocab_size": 32000, "num_attention_heads": 32,
          "num_key_value_heads": 8, "intermediate_size": 14336, "num_local_experts": 8, "num_experts_per_tok": 2,
          "rope_theta": 1e6, "rms_norm_eps": 1e-5, "router_aux_loss_coef": 0.02, "sliding_window": null})");
}

TEST(MixtralLayout, HasTheParametersOfMixtral8x7B) {
  const LanguageModel model(kMixtral.read(mixtral_8x7b()), *shapes_only());
  EXPECT_EQ(model.parameters().count(), 46'702'792'704);
  EXPECT_EQ(model.active_parameters(), 12'879'925'248);
}

TEST(MixtralLayout, MissingFieldsHaveMixtralsDefaults) {
  const LanguageModelConfig config = kMixtral.read(nlohmann::json::parse(
      R"({"hidden_size": 64, "num_hidden_layers": 1, "vocab_size": 9, "num_attention_heads": 16,
          "intermediate_size": 100})"));
  EXPECT_EQ(config.mixers.attention.key_value_heads, 8);
  EXPECT_EQ(config.mixers.attention.rope_base, 1e6f);
  EXPECT_EQ(config.norm_epsilon, 1e-5f);
  EXPECT_EQ(config.channel_mixer.mixture.experts, 8);
  EXPECT_EQ(config.channel_mixer.mixture.experts_per_token, 2);
  EXPECT_TRUE(config.channel_mixer.mixture.renormalise);
  EXPECT_EQ(config.channel_mixer.mixture.balance_loss, 0.001f);
}

TEST(MixtralLayout, HoldsWhatMixtralHasAndNothingElse) {
  LanguageModelConfig config = new_model_config("mixtral", {.layers = 2, .width = 64, .vocabulary = 99});
  EXPECT_EQ(layout_for(config).model_type, "mixtral");
  config.channel_mixer.mixture.renormalise = false;
  EXPECT_EQ(layout_for(config).model_type, "sequent");
  config = new_model_config("mixtral", {.layers = 2, .width = 64, .vocabulary = 99, .capacity_factor = 1.25});
  EXPECT_EQ(layout_for(config).model_type, "sequent");
}

TEST(MixtralLayout, ReadsExpertsMergedIntoOneTensor) {
  test::expect_reads_merged_experts("mixtral-plain", {.gate = "w1", .up = "w3", .down = "w2"}, [](std::string name) {
    const std::size_t at = name.find("block_sparse_moe");
    return at == std::string::npos ? name : name.replace(at, 16, "mlp");
  });
}

TEST(MixtralLayout, RefusesWhatItDoesNotCompute) {
  nlohmann::json json = mixtral_8x7b();
  json["sliding_window"] = 4096;
  try {
    kMixtral.read(json);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "config.json: sliding_window is not supported, got 4096");
  }
}

}  // namespace
}  // namespace sequent
