// The encoder of V-JEPA: a Vision Transformer over the tubelets of clips (Bardes et al., "Revisiting feature prediction
// for learning visual representations from video", 2024, section 3).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sequent/models/vision_blocks.h"
#include "sequent/nn/tubelets.h"

namespace sequent {

enum class VisionPositions : std::uint8_t {
  sine_cosine,        // fixed, added to the tokens; all axes alike, as published
  sine_cosine_depth,  // the same with half of the channels for depth
  rotary,             // of queries and keys, as in V-JEPA 2
};
inline constexpr std::array<std::string_view, 3> kVisionPositionNames = {"sine_cosine", "sine_cosine_depth", "rotary"};

struct VisionTransformerConfig {
  VisionBlocksConfig blocks;
  std::int64_t channels = 3;
  TubeletSize tubelet;
  /// Frames, and height and width, of the clips it is made for. Other clips may be given: fixed positions are then
  /// interpolated from those of this grid.
  std::int64_t frames = 16;
  std::int64_t image_size = 224;
  VisionPositions positions = VisionPositions::sine_cosine;

  /// Everything but blocks.
  std::vector<Field> fields();
  void validate() const;
  /// Tokens of the clips it is made for.
  TokenGrid grid() const { return {frames / tubelet.frames, image_size / tubelet.patch, image_size / tubelet.patch}; }
  /// Numbers in one tubelet.
  std::int64_t tubelet_pixels() const { return channels * tubelet.frames * tubelet.patch * tubelet.patch; }
};

/// Where tokens lie, at the width of an encoder or of its predictor.
class VisionPlaces {
 public:
  VisionPlaces(const VisionTransformerConfig& config, std::int64_t width, std::int64_t head_width);

  /// x plus the fixed positions of its tokens; x itself where positions are rotary.
  Var add_to(const Var& x, std::span<const std::int32_t> ids, const TokenGrid& grid) const;
  /// What turns queries and keys of tokens; null where positions are fixed.
  std::unique_ptr<GridRotation> rotation(std::span<const std::int32_t> ids, const TokenGrid& grid) const;

 private:
  TokenGrid grid_;
  std::int64_t head_width_;
  Tensor fixed_;  // of the tokens of grid_; undefined where positions are rotary
};

class VisionTransformer {
 public:
  /// `name` is what observers hear. Parameters patch_embedding.weight [width, channels, frames, patch, patch] and
  /// .bias, layers.i, final_norm.
  VisionTransformer(const VisionTransformerConfig& config, std::string name, const ParameterScope& scope);

  /// clips: [clips, channels, frames, height, width] -> [tokens of all sets, width]. Only the tokens in `sets` are
  /// seen; set i is of clip i modulo the number of clips, and tokens attend to those of their own set.
  Var forward(const Tensor& clips, const TokenSets& sets, const VisionOptions& options = {}) const;
  /// The same with all tokens of each clip.
  Var forward(const Tensor& clips, const VisionOptions& options = {}) const;

  /// The tokens before the first block, positions included.
  Var embed(const Tensor& clips, const TokenSets& sets) const;

  const VisionTransformerConfig& config() const { return config_; }
  /// Floating-point operations of forward over one set of so many tokens.
  std::int64_t flops(std::int64_t tokens) const;

 private:
  VisionTransformerConfig config_;
  std::string name_;
  Var patch_weight_;
  Var patch_bias_;
  VisionPlaces places_;
  VisionBlocks blocks_;
  LayerNorm final_norm_;
};

}  // namespace sequent
