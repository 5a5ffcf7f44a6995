// Reading and writing Jamba's layout; parity is in golden_test.cpp.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/models/architecture.h"
#include "sequent/models/language_model.h"
#include "sequent/models/layout.h"
#include "sequent/models/names.h"
#include "sequent/models/pattern.h"
#include "tests/support/files.h"
#include "tests/support/merged_experts.h"

namespace sequent {
namespace {

using nlohmann::json;

// The published configuration of Jamba v0.1.
json jamba() {
  return json::parse(R"({"vocab_size": 65536, "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
                         "num_key_value_heads": 8, "intermediate_size": 14336, "eos_token_id": [2, 518],
                         "mamba_dt_rank": 256, "num_experts": 16})");
}

std::string pattern_of(const json& config) {
  return format_pattern(kJamba.read(config).blocks);
}

TEST(JambaLayout, PeriodsAndOffsetsMakeTheBlocks) {
  EXPECT_EQ(pattern_of(jamba()), "4*(2*(mamba/glu mamba/moe) attention/glu mamba/moe mamba/glu mamba/moe)");
  json config = jamba();
  config["num_hidden_layers"] = 3;
  config["attn_layer_period"] = 2;
  config["attn_layer_offset"] = 0;
  config["num_experts"] = 1;
  EXPECT_EQ(pattern_of(config), "attention/glu mamba/glu attention/glu");
  config["num_experts"] = 4;
  config["expert_layer_period"] = 1;
  config["expert_layer_offset"] = 0;
  EXPECT_EQ(pattern_of(config), "attention/moe mamba/moe attention/moe");
}

TEST(JambaLayout, HasTheParametersOfJamba) {
  const LanguageModelConfig config = kJamba.read(jamba());
  EXPECT_EQ(config.end_of_text, 2);
  EXPECT_EQ(config.mixers.attention.rope_base, 0);
  EXPECT_TRUE(config.mixers.mamba.inner_norms);
  EXPECT_FALSE(config.channel_mixer.mixture.renormalise);
  const LanguageModel model(config, *shapes_only());
  // Published: 52B, of which 12B are active.
  EXPECT_EQ(model.parameters().count(), 51'570'323'328);
  EXPECT_EQ(model.active_parameters(), 51'570'323'328 - 16 * 14 * std::int64_t{3 * 4096 * 14336});
}

TEST(JambaLayout, EveryStackWithARhythmIsHeldAndNoOther) {
  const auto saved_as = [](const char* pattern) {
    return layout_for(new_model_config("jamba", {.width = 32, .vocabulary = 9, .pattern = pattern})).model_type;
  };
  for (const char* pattern :
       {"3*mamba/glu attention/glu", "4*(3*mamba/glu attention/glu)", "attention/moe 2*mamba/glu attention/moe",
        "2*(mamba/moe mamba/glu)", "5*mamba/moe", "2*mamba/glu attention/moe 2*mamba/glu", "2*attention/glu"}) {
    EXPECT_EQ(saved_as(pattern), "jamba") << pattern;
  }
  for (const char* pattern : {"mamba/glu 2*attention/glu", "mamba/none attention/glu", "mamba/mlp",
                              "attention/glu mamba/glu mamba/glu attention/glu mamba/glu attention/glu"}) {
    EXPECT_EQ(saved_as(pattern), "sequent") << pattern;
  }
}

TEST(JambaLayout, WritesTheRhythmOfTheBlocks) {
  const auto rhythm = [](const char* pattern) {
    const json written = kJamba.write(new_model_config("jamba", {.width = 32, .vocabulary = 9, .pattern = pattern}));
    return std::pair(written["attn_layer_period"].get<int>(), written["attn_layer_offset"].get<int>());
  };
  EXPECT_EQ(rhythm("4*mamba/glu attention/glu 3*mamba/glu"), std::pair(8, 4));
  EXPECT_EQ(rhythm("2*(mamba/glu attention/glu mamba/glu)"), std::pair(3, 1));
  EXPECT_EQ(rhythm("3*mamba/glu"), std::pair(4, 3));
}

TEST(JambaLayout, RefusalsNameTheKey) {
  const auto refusal = [](auto&& spoil) {
    json config = jamba();
    spoil(config);
    return test::error_of([&] { kJamba.read(config); });
  };
  EXPECT_EQ(refusal([](json& c) { c["attn_layer_offset"] = 8; }),
            "config.json: attn_layer_offset must be at least 0 and below attn_layer_period, got 8 and 8");
  EXPECT_EQ(refusal([](json& c) { c["expert_layer_period"] = 0; }),
            "config.json: expert_layer_offset must be at least 0 and below expert_layer_period, got 1 and 0");
  EXPECT_EQ(refusal([](json& c) { c["sliding_window"] = 64; }), "config.json: sliding_window is not supported, got 64");
  EXPECT_EQ(refusal([](json& c) {
              c["layers_block_type"] = {"mamba", "attention"};
            }),
            "config.json: layers_block_type has 2 layers, num_hidden_layers is 32");
  EXPECT_EQ(refusal([](json& c) { c["layers_block_type"] = std::vector<std::string>(32, "mamba"); }),
            "config.json: layers_block_type has mamba at layer 4, by its period it is attention");
}

// The same model with the experts of each layer in one tensor, as newer programs write it.
TEST(JambaLayout, ReadsExpertsMergedIntoOneTensor) {
  test::expect_reads_merged_experts("jamba-plain", {.gate = "gate_proj", .up = "up_proj", .down = "down_proj"},
                                    [](const std::string& name) { return name; });
}

TEST(JambaLayout, AnEarlyReleaseCallsItsFeedForwardLayersMoe) {
  const auto has = [](const char* ours, const char* published) {
    for (const PublishedName& name : published_names(kJamba.names, ours)) {
      if (name.name == published) return true;
    }
    return false;
  };
  EXPECT_TRUE(has("layers.1.channel_mixer.router.weight", "model.layers.1.moe.router.weight"));
  EXPECT_TRUE(has("layers.1.channel_mixer.experts.3.up_proj.weight", "model.layers.1.moe.experts.3.up_proj.weight"));
  EXPECT_TRUE(has("layers.0.channel_mixer.up_proj.weight", "model.layers.0.moe.experts.0.up_proj.weight"));
  EXPECT_EQ(published_names(kJamba.names, "layers.0.channel_mixer.up_proj.weight").front().name,
            "model.layers.0.feed_forward.up_proj.weight");
}

}  // namespace
}  // namespace sequent
