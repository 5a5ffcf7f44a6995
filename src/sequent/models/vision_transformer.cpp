#include "sequent/models/vision_transformer.h"

#include "sequent/base/error.h"
#include "sequent/ops/elementwise.h"
#include "sequent/ops/embedding.h"
#include "sequent/ops/linear.h"

namespace sequent {

std::vector<Field> VisionTransformerConfig::fields() {
  return {{"channels", &channels},     {"tubelet_frames", &tubelet.frames},
          {"patch", &tubelet.patch},   {"frames", &frames},
          {"image_size", &image_size}, {"positions", choice(positions, kVisionPositionNames)}};
}

void VisionTransformerConfig::validate() const {
  blocks.validate("vision transformer");
  check(channels > 0 && tubelet.frames > 0 && tubelet.patch > 0,
        "vision transformer: channels and tubelets must be positive, got {} channels, {} frames and a patch of {}",
        channels, tubelet.frames, tubelet.patch);
  check(frames > 0 && frames % tubelet.frames == 0, "vision transformer: frames must be a multiple of {}, got {}",
        tubelet.frames, frames);
  check(image_size > 0 && image_size % tubelet.patch == 0,
        "vision transformer: the image size must be a multiple of {}, got {}", tubelet.patch, image_size);
  const std::int64_t head_width = blocks.width / blocks.heads;
  check(positions != VisionPositions::rotary || head_width % 2 == 0,
        "vision transformer: rotary positions need an even head width, got {}", head_width);
}

VisionPlaces::VisionPlaces(const VisionTransformerConfig& config, std::int64_t width, std::int64_t head_width)
    : grid_(config.grid()), head_width_(head_width) {
  if (config.positions == VisionPositions::rotary) return;
  fixed_ = sine_cosine_positions(grid_, width, config.positions == VisionPositions::sine_cosine);
}

Var VisionPlaces::add_to(const Var& x, std::span<const std::int32_t> ids, const TokenGrid& grid) const {
  return fixed_.defined() ? add(x, embedding(ids, resampled_positions(fixed_, grid_, grid))) : x;
}

std::unique_ptr<GridRotation> VisionPlaces::rotation(std::span<const std::int32_t> ids, const TokenGrid& grid) const {
  return fixed_.defined() ? nullptr : std::make_unique<GridRotation>(ids, grid, head_width_);
}

VisionTransformer::VisionTransformer(const VisionTransformerConfig& config, std::string name,
                                     const ParameterScope& scope)
    : config_((config.validate(), config)),
      name_(std::move(name)),
      patch_weight_(scope("patch_embedding")
                        .parameter("weight",
                                   {config.blocks.width, config.channels, config.tubelet.frames, config.tubelet.patch,
                                    config.tubelet.patch},
                                   initialize::normal(config.blocks.weight_deviation), /*decay=*/true)),
      patch_bias_(scope("patch_embedding")
                      .parameter("bias", {config.blocks.width}, initialize::constant(0.0f), /*decay=*/false)),
      places_(config, config.blocks.width, config.blocks.width / config.blocks.heads),
      blocks_(config.blocks, name_, scope),
      final_norm_(config.blocks.width, config.blocks.norm_epsilon, scope("final_norm")) {}

Var VisionTransformer::embed(const Tensor& clips, const TokenSets& sets) const {
  const Tensor pixels = tubelets(clips, config_.tubelet, sets);
  return places_.add_to(linear(pixels, patch_weight_, patch_bias_), sets.ids, grid_of(clips, config_.tubelet));
}

Var VisionTransformer::forward(const Tensor& clips, const TokenSets& sets, const VisionOptions& options) const {
  Var x = embed(clips, sets);
  if (options.observe) options.observe(name_ + ".patch_embedding", x.value());
  const std::unique_ptr<GridRotation> rotation = places_.rotation(sets.ids, grid_of(clips, config_.tubelet));
  x = final_norm_(blocks_.forward(x, sets.segments, rotation.get(), options));
  if (options.observe) options.observe(name_ + ".final_norm", x.value());
  return x;
}

Var VisionTransformer::forward(const Tensor& clips, const VisionOptions& options) const {
  return forward(clips, TokenSets::all(clips.size(0), grid_of(clips, config_.tubelet)), options);
}

std::int64_t VisionTransformer::flops(std::int64_t tokens) const {
  const VisionBlocksConfig& blocks = config_.blocks;
  const std::int64_t weights = 4 * blocks.width * blocks.width + 2 * blocks.width * blocks.hidden_width;
  const std::int64_t embedding = 2 * tokens * config_.tubelet_pixels() * blocks.width;
  return embedding + blocks.layers * (2 * tokens * weights + 4 * tokens * tokens * blocks.width);
}

}  // namespace sequent
