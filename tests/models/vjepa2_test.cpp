#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/models/vjepa_layout.h"
#include "tests/support/files.h"
#include "tests/support/small_vjepa.h"

namespace sequent {
namespace {

TEST(VJepa2, MissingKeysMeanTheLargeModel) {
  const VJepaConfig config = kVJepa2.read({{"model_type", "vjepa2"}});
  EXPECT_EQ(config.encoder.blocks.width, 1024);
  EXPECT_EQ(config.encoder.blocks.hidden_width, 4096);
  EXPECT_EQ(config.encoder.grid(), (TokenGrid{32, 16, 16}));
  EXPECT_EQ(config.encoder.positions, VisionPositions::rotary);
  EXPECT_EQ(config.predictor.blocks.heads, 12);
  EXPECT_EQ(config.predictor.mask_tokens, 10);
}

TEST(VJepa2, RatiosOfTheGiantModelComeBack) {
  VJepaConfig config = kVJepa2.read({{"hidden_size", 1408}, {"num_attention_heads", 22}, {"mlp_ratio", 48.0 / 11.0}});
  EXPECT_EQ(config.encoder.blocks.hidden_width, 6144);
  for (const std::int64_t hidden : {6143, 6144, 1409, 5}) {
    config.encoder.blocks.hidden_width = hidden;
    EXPECT_EQ(kVJepa2.read(kVJepa2.write(config)).encoder.blocks.hidden_width, hidden);
  }
}

TEST(VJepa2, WhatCannotBeComputedOrHeldIsRefused) {
  EXPECT_EQ(test::error_of([] {
              kVJepa2.read({{"qkv_bias", false}});
            }),
            "config.json: qkv_bias must be true, got false");
  EXPECT_EQ(test::error_of([] {
              kVJepa2.read({{"hidden_act", "relu"}});
            }),
            "config.json: hidden_act must be gelu, got relu");
  EXPECT_EQ(test::error_of([] { kVJepa2.write(test::small_vjepa()); }),
            "save: V-JEPA 2 has rotary positions and features as its target");
}

TEST(VJepa2, TheClassifierHasAsManyClassesAsLabels) {
  const nlohmann::json json = {{"hidden_size", 24}, {"num_attention_heads", 2}, {"num_pooler_layers", 2}};
  EXPECT_EQ(read_vjepa2_probe(json).classes, 2);
  nlohmann::json labelled = json;
  labelled["id2label"] = {{"0", "a"}, {"1", "b"}, {"2", "c"}};
  const VideoProbeConfig probe = read_vjepa2_probe(labelled);
  EXPECT_EQ(probe.classes, 3);
  EXPECT_EQ(probe.blocks.layers, 2);
  EXPECT_EQ(probe.blocks.hidden_width, 96);
}

}  // namespace
}  // namespace sequent
