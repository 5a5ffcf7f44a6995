#include "sequent/models/vjepa_layout.h"

#include <algorithm>
#include <array>

#include "sequent/models/json_fields.h"

namespace sequent {
namespace {

using Json = nlohmann::json;
constexpr auto kSame = NameRule::Layout::same;

constexpr std::int64_t kVersion = 1;

// "{}" before the first dot is encoder or target_encoder; the predictor's own rules come first.
constexpr std::array<NameRule, 22> kNames = {{
    {"predictor.input_projection.{}", "predictor.module.backbone.predictor_embed.{}"},
    {"predictor.mask_tokens", "predictor.module.backbone.mask_tokens", NameRule::Layout::numbered},
    {"predictor.layers.{}.norm.{}", "predictor.module.backbone.predictor_blocks.{}.norm1.{}"},
    {"predictor.layers.{}.mixer.q_proj.{}", "predictor.module.backbone.predictor_blocks.{}.attn.qkv.{}", kSame, 0, 3},
    {"predictor.layers.{}.mixer.k_proj.{}", "predictor.module.backbone.predictor_blocks.{}.attn.qkv.{}", kSame, 1, 3},
    {"predictor.layers.{}.mixer.v_proj.{}", "predictor.module.backbone.predictor_blocks.{}.attn.qkv.{}", kSame, 2, 3},
    {"predictor.layers.{}.mixer.o_proj.{}", "predictor.module.backbone.predictor_blocks.{}.attn.proj.{}"},
    {"predictor.layers.{}.channel_norm.{}", "predictor.module.backbone.predictor_blocks.{}.norm2.{}"},
    {"predictor.layers.{}.channel_mixer.up_proj.{}", "predictor.module.backbone.predictor_blocks.{}.mlp.fc1.{}"},
    {"predictor.layers.{}.channel_mixer.down_proj.{}", "predictor.module.backbone.predictor_blocks.{}.mlp.fc2.{}"},
    {"predictor.final_norm.{}", "predictor.module.backbone.predictor_norm.{}"},
    {"predictor.output_projection.{}", "predictor.module.backbone.predictor_proj.{}"},
    {"{}.patch_embedding.{}", "{}.module.backbone.patch_embed.proj.{}"},
    {"{}.layers.{}.norm.{}", "{}.module.backbone.blocks.{}.norm1.{}"},
    {"{}.layers.{}.mixer.q_proj.{}", "{}.module.backbone.blocks.{}.attn.qkv.{}", kSame, 0, 3},
    {"{}.layers.{}.mixer.k_proj.{}", "{}.module.backbone.blocks.{}.attn.qkv.{}", kSame, 1, 3},
    {"{}.layers.{}.mixer.v_proj.{}", "{}.module.backbone.blocks.{}.attn.qkv.{}", kSame, 2, 3},
    {"{}.layers.{}.mixer.o_proj.{}", "{}.module.backbone.blocks.{}.attn.proj.{}"},
    {"{}.layers.{}.channel_norm.{}", "{}.module.backbone.blocks.{}.norm2.{}"},
    {"{}.layers.{}.channel_mixer.up_proj.{}", "{}.module.backbone.blocks.{}.mlp.fc1.{}"},
    {"{}.layers.{}.channel_mixer.down_proj.{}", "{}.module.backbone.blocks.{}.mlp.fc2.{}"},
    {"{}.final_norm.{}", "{}.module.backbone.norm.{}"},
}};

// The fixed positions, and the state of the published optimizer.
constexpr std::array<std::string_view, 3> kDerived = {"*.pos_embed", "*.predictor_pos_embed", "opt.*"};

constexpr std::array<NameRule, 11> kProbeNames = {{
    {"query_tokens", "classifier.module.pooler.query_tokens"},
    {"norm.{}", "classifier.module.pooler.cross_attention_block.norm1.{}"},
    {"q_proj.{}", "classifier.module.pooler.cross_attention_block.xattn.q.{}"},
    {"k_proj.{}", "classifier.module.pooler.cross_attention_block.xattn.kv.{}", kSame, 0, 2},
    {"v_proj.{}", "classifier.module.pooler.cross_attention_block.xattn.kv.{}", kSame, 1, 2},
    {"unused_projection.{}", "classifier.module.pooler.cross_attention_block.xattn.proj.{}"},
    {"channel_norm.{}", "classifier.module.pooler.cross_attention_block.norm2.{}"},
    {"channel_mixer.up_proj.{}", "classifier.module.pooler.cross_attention_block.mlp.fc1.{}"},
    {"channel_mixer.down_proj.{}", "classifier.module.pooler.cross_attention_block.mlp.fc2.{}"},
    {"classifier.{}", "classifier.module.linear.{}"},
    {"feature_{}", "classifier.module.feature_{}"},  // ours alone
}};

VJepaConfig read(const Json& json) {
  const auto version = field<std::int64_t>(json, "version");
  check(version == kVersion, "config.json: version must be {}, got {}", kVersion, version);
  VJepaConfig config;
  std::vector<Field> target = {{"target", choice(config.target, kVideoTargetNames)}};
  read_fields({{"target", field<Json>(json, "target")}}, target);
  const auto part = [&](const char* key, std::vector<Field> fields, VisionBlocksConfig& blocks) {
    const std::vector<Field> of_blocks = blocks.fields();
    fields.insert(fields.end(), of_blocks.begin(), of_blocks.end());
    read_fields(field<Json>(json, key), fields);
  };
  part("encoder", config.encoder.fields(), config.encoder.blocks);
  part("predictor", config.predictor.fields(), config.predictor.blocks);
  return config;
}

Json write(const VJepaConfig& original) {
  VJepaConfig config = original;
  const auto part = [](std::vector<Field> fields, VisionBlocksConfig& blocks) {
    const std::vector<Field> of_blocks = blocks.fields();
    fields.insert(fields.end(), of_blocks.begin(), of_blocks.end());
    return json_of(fields);
  };
  Json json = json_of({{"target", choice(config.target, kVideoTargetNames)}});
  json["model_type"] = kVJepa.model_type;
  json["version"] = kVersion;
  json["encoder"] = part(config.encoder.fields(), config.encoder.blocks);
  json["predictor"] = part(config.predictor.fields(), config.predictor.blocks);
  return json;
}

constexpr std::array<const VJepaLayout*, 2> kLayouts = {&kVJepa, &kVJepa2};

}  // namespace

std::span<const VJepaLayout* const> vjepa_layouts() {
  return kLayouts;
}

const VJepaLayout* find_vjepa_layout(std::string_view model_type) {
  const auto found = std::ranges::find(kLayouts, model_type, &VJepaLayout::model_type);
  return found == kLayouts.end() ? nullptr : *found;
}

const VJepaLayout kVJepa = {"vjepa", read, write, kNames, kDerived, /*one_encoder=*/false, "", kProbeNames};

}  // namespace sequent
