#include "sequent/models/vjepa_published.h"

#include <cmath>

#include "sequent/base/error.h"

namespace sequent {
namespace {

// How many "PREFIX.0.SUFFIX", "PREFIX.1.SUFFIX", ... there are.
std::int64_t count_numbered(const WeightSource& weights, const std::string& prefix, const std::string& suffix) {
  std::int64_t count = 0;
  while (weights.contains(prefix + "." + std::to_string(count) + suffix)) ++count;
  return count;
}

VisionBlocksConfig blocks_of(const WeightSource& weights, const std::string& blocks) {
  VisionBlocksConfig config;
  config.layers = count_numbered(weights, blocks, ".norm1.weight");
  check(config.layers > 0, "{}: there are no tensors {}.0, so this is no V-JEPA model", weights.path(), blocks);
  const Shape up = weights.shape(blocks + ".0.mlp.fc1.weight");
  check(up.rank() == 2, "{}: {}.0.mlp.fc1.weight must be a matrix, got {}", weights.path(), blocks, to_string(up));
  config.width = up[1];
  config.hidden_width = up[0];
  return config;
}

bool same(const Tensor& a, const Tensor& b) {
  for (std::int64_t i = 0; i < a.elements(); ++i) {
    if (!(std::abs(a.floats()[i] - b.floats()[i]) < 1e-5f)) return false;
  }
  return true;
}

// Finds the grid of square frames, and the kind of positions, that give the stored ones.
void find_positions(VisionTransformerConfig& config, const Tensor& stored) {
  const std::int64_t tokens = stored.size(-2), width = config.blocks.width;
  for (std::int64_t side = 1; side * side <= tokens; ++side) {
    if (tokens % (side * side) != 0) continue;
    const TokenGrid grid = {tokens / (side * side), side, side};
    for (const bool uniform : {true, false}) {
      if (!uniform && width % 8 != 0) continue;
      if (!same(stored, sine_cosine_positions(grid, width, uniform))) continue;
      config.positions = uniform ? VisionPositions::sine_cosine : VisionPositions::sine_cosine_depth;
      config.frames = grid.depth * config.tubelet.frames;
      config.image_size = side * config.tubelet.patch;
      return;
    }
  }
  fail("V-JEPA: the stored positions of {} tokens are not the fixed sines and cosines of any grid", tokens);
}

}  // namespace

VJepaConfig config_of_published_tensors(const WeightSource& weights) {
  const bool target = weights.contains("target_encoder.module.backbone.patch_embed.proj.weight");
  const std::string encoder = (target ? "target_encoder" : "encoder") + std::string(".module.backbone.");
  const std::string predictor = "predictor.module.backbone.";
  VJepaConfig config;
  config.encoder.blocks = blocks_of(weights, encoder + "blocks");
  const Shape patch = weights.shape(encoder + "patch_embed.proj.weight");
  check(patch.rank() == 5, "{}: {}patch_embed.proj.weight must have 5 axes, got {}; models of images are not supported",
        weights.path(), encoder, to_string(patch));
  config.encoder.channels = patch[1];
  config.encoder.tubelet = {patch[2], patch[3]};
  const VisionSize* size = vision_size_of_width(config.encoder.blocks.width);
  check(
      size != nullptr,
      "{}: the number of heads does not follow from the width {}, which is no published one; a config.json beside the "
      "file would say it",
      weights.path(), config.encoder.blocks.width);
  config.encoder.blocks.heads = size->heads;
  const Shape expected = {1, weights.shape(encoder + "pos_embed").sizes()[1], config.encoder.blocks.width};
  WeightSource positions = weights;
  const Tensor stored = positions.float_tensor(encoder + "pos_embed");
  expect_shape("load", encoder + "pos_embed", stored, expected);
  find_positions(config.encoder, stored);
  if (weights.contains(predictor + "predictor_embed.weight")) {
    config.predictor.blocks = blocks_of(weights, predictor + "predictor_blocks");
    config.predictor.blocks.heads = size->heads;
    config.predictor.mask_tokens = count_numbered(weights, predictor + "mask_tokens", "");
  }
  return config;
}

VideoProbeConfig probe_of_published_tensors(const WeightSource& weights, const VisionTransformerConfig& encoder) {
  VideoProbeConfig config;
  config.classes = weights.shape("classifier.module.linear.weight")[0];
  config.blocks.width = encoder.blocks.width;
  config.blocks.heads = encoder.blocks.heads;
  config.blocks.hidden_width = weights.shape("classifier.module.pooler.cross_attention_block.mlp.fc1.weight")[0];
  return config;
}

}  // namespace sequent
