// V-JEPA 2 as in transformers (Assran et al., "V-JEPA 2: Self-supervised video models enable understanding, prediction
// and planning", 2025).
#include <array>
#include <cmath>

#include "sequent/models/json_fields.h"
#include "sequent/models/vjepa_layout.h"

namespace sequent {
namespace {

using Json = nlohmann::json;

constexpr std::array<NameRule, 22> kNames = {{
    {"encoder.patch_embedding.{}", "encoder.embeddings.patch_embeddings.proj.{}"},
    {"encoder.layers.{}.norm.{}", "encoder.layer.{}.norm1.{}"},
    {"encoder.layers.{}.mixer.q_proj.{}", "encoder.layer.{}.attention.query.{}"},
    {"encoder.layers.{}.mixer.k_proj.{}", "encoder.layer.{}.attention.key.{}"},
    {"encoder.layers.{}.mixer.v_proj.{}", "encoder.layer.{}.attention.value.{}"},
    {"encoder.layers.{}.mixer.o_proj.{}", "encoder.layer.{}.attention.proj.{}"},
    {"encoder.layers.{}.channel_norm.{}", "encoder.layer.{}.norm2.{}"},
    {"encoder.layers.{}.channel_mixer.up_proj.{}", "encoder.layer.{}.mlp.fc1.{}"},
    {"encoder.layers.{}.channel_mixer.down_proj.{}", "encoder.layer.{}.mlp.fc2.{}"},
    {"encoder.final_norm.{}", "encoder.layernorm.{}"},
    {"predictor.input_projection.{}", "predictor.embeddings.predictor_embeddings.{}"},
    {"predictor.mask_tokens", "predictor.embeddings.mask_tokens"},
    {"predictor.layers.{}.norm.{}", "predictor.layer.{}.norm1.{}"},
    {"predictor.layers.{}.mixer.q_proj.{}", "predictor.layer.{}.attention.query.{}"},
    {"predictor.layers.{}.mixer.k_proj.{}", "predictor.layer.{}.attention.key.{}"},
    {"predictor.layers.{}.mixer.v_proj.{}", "predictor.layer.{}.attention.value.{}"},
    {"predictor.layers.{}.mixer.o_proj.{}", "predictor.layer.{}.attention.proj.{}"},
    {"predictor.layers.{}.channel_norm.{}", "predictor.layer.{}.norm2.{}"},
    {"predictor.layers.{}.channel_mixer.up_proj.{}", "predictor.layer.{}.mlp.fc1.{}"},
    {"predictor.layers.{}.channel_mixer.down_proj.{}", "predictor.layer.{}.mlp.fc2.{}"},
    {"predictor.final_norm.{}", "predictor.layernorm.{}"},
    {"predictor.output_projection.{}", "predictor.proj.{}"},
}};

constexpr std::array<NameRule, 17> kProbeNames = {{
    {"query_tokens", "pooler.query_tokens"},
    {"layers.{}.norm.{}", "pooler.self_attention_layers.{}.layer_norm1.{}"},
    {"layers.{}.mixer.q_proj.{}", "pooler.self_attention_layers.{}.self_attn.q_proj.{}"},
    {"layers.{}.mixer.k_proj.{}", "pooler.self_attention_layers.{}.self_attn.k_proj.{}"},
    {"layers.{}.mixer.v_proj.{}", "pooler.self_attention_layers.{}.self_attn.v_proj.{}"},
    {"layers.{}.mixer.o_proj.{}", "pooler.self_attention_layers.{}.self_attn.out_proj.{}"},
    {"layers.{}.channel_norm.{}", "pooler.self_attention_layers.{}.layer_norm2.{}"},
    {"layers.{}.channel_mixer.up_proj.{}", "pooler.self_attention_layers.{}.mlp.fc1.{}"},
    {"layers.{}.channel_mixer.down_proj.{}", "pooler.self_attention_layers.{}.mlp.fc2.{}"},
    {"norm.{}", "pooler.cross_attention_layer.layer_norm1.{}"},
    {"q_proj.{}", "pooler.cross_attention_layer.cross_attn.q_proj.{}"},
    {"k_proj.{}", "pooler.cross_attention_layer.cross_attn.k_proj.{}"},
    {"v_proj.{}", "pooler.cross_attention_layer.cross_attn.v_proj.{}"},
    {"channel_norm.{}", "pooler.cross_attention_layer.layer_norm2.{}"},
    {"channel_mixer.up_proj.{}", "pooler.cross_attention_layer.mlp.fc1.{}"},
    {"channel_mixer.down_proj.{}", "pooler.cross_attention_layer.mlp.fc2.{}"},
    {"classifier.{}", "classifier.{}"},
}};

// Published as a ratio and rounded down.
std::int64_t hidden_width(std::int64_t width, double ratio) {
  return static_cast<std::int64_t>(static_cast<double>(width) * ratio);
}

double ratio_of(const VisionBlocksConfig& blocks) {
  // The smallest ratio that gives this width again.
  const double width = static_cast<double>(blocks.width), ratio = static_cast<double>(blocks.hidden_width) / width;
  return hidden_width(blocks.width, ratio) == blocks.hidden_width ? ratio : std::nextafter(ratio, ratio + 1);
}

VisionBlocksConfig read_blocks(const Json& json, const char* width, const char* layers, const char* heads,
                               const char* ratio, const VisionBlocksConfig& published) {
  VisionBlocksConfig blocks;
  blocks.width = field_or(json, width, published.width);
  blocks.layers = field_or(json, layers, published.layers);
  blocks.heads = field_or(json, heads, published.heads);
  blocks.hidden_width = hidden_width(blocks.width, field_or(json, ratio, 4.0));
  blocks.norm_epsilon = field_or(json, "layer_norm_eps", 1e-6f);
  blocks.weight_deviation = field_or(json, "initializer_range", 0.02f);
  return blocks;
}

VJepaConfig read(const Json& json) {
  check(field_or(json, "qkv_bias", true), "config.json: qkv_bias must be true, got false");
  const auto activation = field_or<std::string>(json, "hidden_act", "gelu");
  check(activation == "gelu", "config.json: hidden_act must be gelu, got {}", activation);
  VJepaConfig config;
  VisionTransformerConfig& encoder = config.encoder;
  encoder.blocks = read_blocks(json, "hidden_size", "num_hidden_layers", "num_attention_heads", "mlp_ratio",
                               {.width = 1024, .layers = 24, .heads = 16});
  encoder.channels = field_or<std::int64_t>(json, "in_chans", 3);
  encoder.tubelet = {field_or<std::int64_t>(json, "tubelet_size", 2), field_or<std::int64_t>(json, "patch_size", 16)};
  encoder.frames = field_or<std::int64_t>(json, "frames_per_clip", 64);
  encoder.image_size = field_or<std::int64_t>(json, "crop_size", 256);
  encoder.positions = VisionPositions::rotary;
  config.predictor.blocks = read_blocks(json, "pred_hidden_size", "pred_num_hidden_layers", "pred_num_attention_heads",
                                        "pred_mlp_ratio", {.width = 384, .layers = 12, .heads = 12});
  config.predictor.mask_tokens = field_or<std::int64_t>(json, "pred_num_mask_tokens", 10);
  config.predictor.zero_mask_tokens = field_or(json, "pred_zero_init_mask_tokens", true);
  return config;
}

Json write(const VJepaConfig& config) {
  check(config.encoder.positions == VisionPositions::rotary && config.target == VideoTarget::features,
        "save: V-JEPA 2 has rotary positions and features as its target");
  const VisionBlocksConfig& encoder = config.encoder.blocks;
  const VisionBlocksConfig& predictor = config.predictor.blocks;
  return {{"model_type", "vjepa2"},
          {"architectures", {"VJEPA2Model"}},
          {"patch_size", config.encoder.tubelet.patch},
          {"tubelet_size", config.encoder.tubelet.frames},
          {"crop_size", config.encoder.image_size},
          {"image_size", config.encoder.image_size},
          {"frames_per_clip", config.encoder.frames},
          {"in_chans", config.encoder.channels},
          {"hidden_size", encoder.width},
          {"num_hidden_layers", encoder.layers},
          {"num_attention_heads", encoder.heads},
          {"mlp_ratio", ratio_of(encoder)},
          {"layer_norm_eps", encoder.norm_epsilon},
          {"initializer_range", encoder.weight_deviation},
          {"qkv_bias", true},
          {"hidden_act", "gelu"},
          {"drop_path_rate", 0.0},
          {"attention_dropout", 0.0},
          {"attention_probs_dropout_prob", 0.0},
          {"num_pooler_layers", 3},
          {"pred_hidden_size", predictor.width},
          {"pred_num_hidden_layers", predictor.layers},
          {"pred_num_attention_heads", predictor.heads},
          {"pred_mlp_ratio", ratio_of(predictor)},
          {"pred_num_mask_tokens", config.predictor.mask_tokens},
          {"pred_zero_init_mask_tokens", config.predictor.zero_mask_tokens},
          {"torch_dtype", "float32"}};
}

}  // namespace

VideoProbeConfig read_vjepa2_probe(const Json& json) {
  const VisionBlocksConfig encoder = read(json).encoder.blocks;
  VideoProbeConfig probe;
  probe.blocks = encoder;
  probe.blocks.layers = field_or<std::int64_t>(json, "num_pooler_layers", 3);
  probe.blocks.hidden_width = 4 * encoder.width;
  probe.unused_projection = false;
  // As transformers counts them: labels by number, or how many there are.
  const auto labels = field_or(json, "id2label", Json::object());
  check(labels.is_object(), "config.json: id2label has an unusable value, {}", labels.dump());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    probe.labels.push_back(field<std::string>(labels, std::to_string(i).c_str()));
  }
  probe.classes =
      labels.empty() ? field_or<std::int64_t>(json, "num_labels", 2) : static_cast<std::int64_t>(labels.size());
  return probe;
}

Json write_vjepa2_classifier(const VJepaConfig& config, const VideoProbeConfig& probe) {
  const VisionBlocksConfig& encoder = config.encoder.blocks;
  check(probe.pooling == VideoPooling::attentive && !probe.unused_projection && !probe.standardised &&
            probe.blocks.width == encoder.width && probe.blocks.heads == encoder.heads &&
            probe.blocks.hidden_width == 4 * encoder.width && probe.blocks.norm_epsilon == encoder.norm_epsilon,
        "save: a classifier of V-JEPA 2 pools attentively, in the sizes of its encoder, features as they are");
  Json json = write(config);
  json["architectures"] = {"VJEPA2ForVideoClassification"};
  json["num_pooler_layers"] = probe.blocks.layers;
  Json names = Json::object(), numbers = Json::object();
  for (std::int64_t i = 0; i < probe.classes; ++i) {
    const std::string name =
        probe.labels.empty() ? "LABEL_" + std::to_string(i) : probe.labels[static_cast<std::size_t>(i)];
    names[std::to_string(i)] = name;
    numbers[name] = i;
  }
  json["id2label"] = names;
  json["label2id"] = numbers;
  return json;
}

const VJepaLayout kVJepa2 = {"vjepa2", read, write, kNames, {}, /*one_encoder=*/true, "vjepa2.", kProbeNames};

}  // namespace sequent
