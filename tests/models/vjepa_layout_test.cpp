#include "sequent/models/vjepa_layout.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sequent/models/names.h"
#include "tests/support/files.h"
#include "tests/support/small_vjepa.h"

namespace sequent {
namespace {

TEST(VJepaLayout, OurConfigurationsComeBackWhole) {
  for (const VideoTarget target : {VideoTarget::features, VideoTarget::pixels}) {
    for (const VisionPositions positions : {VisionPositions::sine_cosine_depth, VisionPositions::rotary}) {
      VJepaConfig config = test::small_vjepa();
      config.target = target;
      config.encoder.positions = positions;
      config.encoder.blocks.norm_epsilon = 1e-3f;
      const nlohmann::json json = kVJepa.write(config);
      EXPECT_EQ(json["model_type"], "vjepa");
      const VJepaConfig again = kVJepa.read(json);
      EXPECT_EQ(kVJepa.write(again), json);
      EXPECT_EQ(again.target, target);
      EXPECT_EQ(again.encoder.positions, positions);
      EXPECT_EQ(again.predictor.blocks.hidden_width, config.predictor.blocks.hidden_width);
    }
  }
}

TEST(VJepaLayout, OtherVersionsAndKeysAreRefused) {
  nlohmann::json json = kVJepa.write(test::small_vjepa());
  json["version"] = 2;
  EXPECT_EQ(test::error_of([&] { kVJepa.read(json); }), "config.json: version must be 1, got 2");
  json["version"] = 1;
  json["encoder"]["colour"] = 3;
  EXPECT_NE(test::error_of([&] { kVJepa.read(json); }).find("colour"), std::string::npos);
}

TEST(VJepaLayout, NamesAreThoseOfThePublishedFiles) {
  const auto name = [](const char* ours) { return published_names(kVJepa.names, ours).front().name; };
  EXPECT_EQ(name("target_encoder.layers.7.mixer.k_proj.bias"), "target_encoder.module.backbone.blocks.7.attn.qkv.bias");
  EXPECT_EQ(name("encoder.patch_embedding.weight"), "encoder.module.backbone.patch_embed.proj.weight");
  EXPECT_EQ(name("predictor.layers.0.channel_mixer.down_proj.weight"),
            "predictor.module.backbone.predictor_blocks.0.mlp.fc2.weight");
}

TEST(VJepaLayout, AreFoundByModelType) {
  EXPECT_EQ(find_vjepa_layout("vjepa"), &kVJepa);
  EXPECT_EQ(find_vjepa_layout("vjepa2"), &kVJepa2);
  EXPECT_EQ(find_vjepa_layout("llama"), nullptr);
  EXPECT_EQ(vjepa_layouts().size(), 2u);
}

}  // namespace
}  // namespace sequent
