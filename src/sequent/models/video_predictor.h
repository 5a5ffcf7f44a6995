// The predictor of V-JEPA: a narrow Vision Transformer that is given what the encoder made of the context, and a mask
// token at each place to be predicted (Bardes et al., 2024, section 3.2).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sequent/models/vision_transformer.h"

namespace sequent {

struct VideoPredictorConfig {
  VisionBlocksConfig blocks;
  std::int64_t mask_tokens = 2;  // one per mask generator
  bool zero_mask_tokens = true;  // fresh ones are zero, otherwise drawn like weights

  /// Everything but blocks.
  std::vector<Field> fields();
  void validate() const;
};

class VideoPredictor {
 public:
  /// For what an encoder of this configuration gives; `outputs` numbers are predicted for each token.
  /// Parameters input_projection, mask_tokens [mask_tokens, 1, 1, width], layers.i, final_norm, output_projection.
  VideoPredictor(const VideoPredictorConfig& config, const VisionTransformerConfig& encoder, std::int64_t outputs,
                 const ParameterScope& scope);

  /// encoded: the encoder's output for `contexts`, [its tokens, encoder width] -> [tokens of `targets`, outputs].
  /// Set i of `targets` is predicted from set i of `contexts` with mask token mask_tokens[i], taken modulo the number
  /// there is. `grid` is that of the clips.
  Var forward(const Var& encoded, const TokenSets& contexts, const TokenSets& targets,
              std::span<const std::int64_t> mask_tokens, const TokenGrid& grid,
              const VisionOptions& options = {}) const;

  const VideoPredictorConfig& config() const { return config_; }

 private:
  VideoPredictorConfig config_;
  Linear input_projection_;
  Var mask_tokens_;
  VisionPlaces places_;
  VisionBlocks blocks_;
  LayerNorm final_norm_;
  Linear output_projection_;
};

}  // namespace sequent
