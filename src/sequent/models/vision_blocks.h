// The blocks of a Vision Transformer (Dosovitskiy et al., 2021): LayerNorm, attention of every token to every other of
// its set, residual; LayerNorm, MLP, residual.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/mixers/attention.h"
#include "sequent/nn/feed_forward.h"
#include "sequent/nn/grid_positions.h"
#include "sequent/nn/norm.h"

namespace sequent {

struct VisionBlocksConfig {
  std::int64_t width = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;  // divides width
  std::int64_t hidden_width = 0;
  float norm_epsilon = 1e-6f;
  float weight_deviation = 0.02f;  // of fresh weights

  std::vector<Field> fields();
  /// `what` is named in errors.
  void validate(std::string_view what) const;
};

struct VisionOptions {
  /// Activation checkpointing: keep only the input of each block and run it again in the backward pass.
  bool recompute_blocks = false;
  /// Called with the name and output of each part, in order.
  std::function<void(std::string_view name, const Tensor& output)> observe = {};
};

/// Some of the tokens of packed sets, in their order: how many of each set, and where they lie among all.
struct TokenRows {
  Segments segments;
  std::vector<std::int32_t> rows;
};

class VisionBlocks {
 public:
  /// `name` is what observers hear. Parameters of block i in scope "layers"(i): norm, mixer, channel_norm,
  /// channel_mixer.
  VisionBlocks(const VisionBlocksConfig& config, std::string name, const ParameterScope& scope);

  /// x: [tokens, width] -> [tokens, width]. `rotation` turns queries and keys; null: nothing does.
  Var forward(Var x, const Segments& segments, const GridRotation* rotation, const VisionOptions& options) const;
  /// The outputs of some tokens only: [wanted.rows.size(), width]. The last block then computes no others.
  Var forward(Var x, const Segments& segments, const TokenRows& wanted, const GridRotation* rotation,
              const VisionOptions& options) const;

 private:
  struct Block {
    Block(const VisionBlocksConfig& config, const ParameterScope& scope);
    Var forward(const Var& x, const Segments& segments, const TokenRows* wanted, const GridRotation* rotation) const;

    std::int64_t heads;
    LayerNorm norm;
    Linear q_proj;
    Linear k_proj;
    Linear v_proj;
    Linear o_proj;
    LayerNorm channel_norm;
    Mlp channel_mixer;
  };
  Var run(Var x, const Segments& segments, const TokenRows* wanted, const GridRotation* rotation,
          const VisionOptions& options) const;

  std::string name_;
  std::vector<Block> blocks_;
};

/// The configurations of the parts of such a block that others have too.
AttentionConfig vision_attention(const VisionBlocksConfig& config);
ChannelMixerConfig vision_mlp(const VisionBlocksConfig& config);

}  // namespace sequent
