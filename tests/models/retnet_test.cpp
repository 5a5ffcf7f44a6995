// Reading flash-linear-attention's layout; parity is in golden_test.cpp.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/models/language_model.h"
#include "sequent/models/layout.h"
#include "tests/support/files.h"

namespace sequent {
namespace {

nlohmann::json smallest() {
  return nlohmann::json::parse(R"({"hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 9, "num_heads": 4})");
}

TEST(RetNetLayout, MissingFieldsHaveThePublishedDefaults) {
  const LanguageModelConfig config = kRetNet.read(smallest());
  const RetentionConfig& retention = config.mixers.retention;
  EXPECT_EQ(retention.key_value_heads, 4);
  EXPECT_EQ(retention.key_width, 16);
  EXPECT_EQ(retention.value_width, 32);
  EXPECT_TRUE(retention.head_weight);
  EXPECT_EQ(retention.rotation, RotaryConvention::half_split);
  EXPECT_EQ(retention.normalisation, RetentionNormalisation::none);
  EXPECT_FALSE(config.tied);
  EXPECT_EQ(config.channel_mixer.hidden_width, 256);
}

TEST(RetNetLayout, TheFeedForwardWidthFollowsFromTheRatio) {
  nlohmann::json json = smallest();
  json["hidden_size"] = 2048;
  EXPECT_EQ(kRetNet.read(json).channel_mixer.hidden_width, 2816);  // 2048 * 2 * 2/3 = 2730, in steps of 256
  json["hidden_ratio"] = nullptr;                                  // then it is 4
  EXPECT_EQ(kRetNet.read(json).channel_mixer.hidden_width, 5632);
  json["intermediate_size"] = 100;
  EXPECT_EQ(kRetNet.read(json).channel_mixer.hidden_width, 100);
}

TEST(RetNetLayout, HasTheParametersOfThePaperSizes) {
  // Per layer 2 D^2 of queries and keys, 6 D^2 of values, gates and output, 3 D F, norms; embedding and projection.
  const nlohmann::json json =
      nlohmann::json::parse(R"({"hidden_size": 2048, "num_hidden_layers": 24, "vocab_size": 32000, "num_heads": 8})");
  EXPECT_EQ(count_parameters(kRetNet.read(json)),
            24 * (8 * 2048 * 2048 + 3 * 2048 * 2816 + 2 * 2048 + 512) + 2 * 32000 * 2048 + 2048);
}

TEST(RetNetLayout, RefusesWhatItDoesNotComputeByName) {
  const auto refusal = [](const char* key, const nlohmann::json& value) {
    nlohmann::json json = smallest();
    json[key] = value;
    return test::error_of([&] { kRetNet.read(json); });
  };
  EXPECT_EQ(refusal("hidden_act", "relu"), "config.json: hidden_act must be swish, got relu");
  EXPECT_EQ(refusal("use_output_gate", false), "config.json: use_output_gate false is not supported");
  EXPECT_EQ(refusal("feature_map", "relu"), "config.json: feature_map is not supported, got \"relu\"");
  EXPECT_EQ(refusal("attnres_block_size", 4), "config.json: attnres_block_size is not supported, got 4");
  EXPECT_EQ(refusal("num_heads", 0), "config.json: num_heads must be positive, got 0");
  EXPECT_EQ(refusal("num_heads", 5), "config.json: num_heads must divide hidden_size * expand_k, got 5 and 64");
}

}  // namespace
}  // namespace sequent
