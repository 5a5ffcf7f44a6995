#include "sequent/models/vision_blocks.h"

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/models/config.h"
#include "sequent/ops/attention.h"
#include "sequent/ops/elementwise.h"

namespace sequent {

std::vector<Field> VisionBlocksConfig::fields() {
  return {{"width", &width},
          {"layers", &layers},
          {"heads", &heads},
          {"hidden_width", &hidden_width},
          {"norm_epsilon", &norm_epsilon},
          descriptive("weight_deviation", &weight_deviation)};
}

void VisionBlocksConfig::validate(std::string_view what) const {
  check(width > 0 && heads > 0 && width % heads == 0, "{}: heads must divide the width, got {} and {}", what, heads,
        width);
  check(layers > 0 && layers <= kMaximumLayers, "{}: layers must be from 1 to {}, got {}", what, kMaximumLayers,
        layers);
  check(hidden_width > 0, "{}: the width of the MLP must be positive, got {}", what, hidden_width);
}

AttentionConfig vision_attention(const VisionBlocksConfig& config) {
  AttentionConfig attention;
  attention.heads = attention.key_value_heads = config.heads;
  attention.head_width = config.width / config.heads;
  attention.bias = true;
  attention.causal = false;
  attention.weight_deviation = attention.residual_deviation = config.weight_deviation;
  return attention;
}

ChannelMixerConfig vision_mlp(const VisionBlocksConfig& config) {
  ChannelMixerConfig mlp;
  mlp.hidden_width = config.hidden_width;
  mlp.activation = Activation::gelu;
  mlp.bias = true;
  mlp.weight_deviation = mlp.residual_deviation = config.weight_deviation;
  return mlp;
}

VisionBlocks::Block::Block(const VisionBlocksConfig& config, const ParameterScope& scope)
    : heads(config.heads),
      norm(config.width, config.norm_epsilon, scope("norm")),
      q_proj(query_projection(vision_attention(config), config.width, scope("mixer")("q_proj"))),
      k_proj(key_value_projection(vision_attention(config), config.width, scope("mixer")("k_proj"))),
      v_proj(key_value_projection(vision_attention(config), config.width, scope("mixer")("v_proj"))),
      o_proj(output_projection(vision_attention(config), config.width, scope("mixer")("o_proj"))),
      channel_norm(config.width, config.norm_epsilon, scope("channel_norm")),
      channel_mixer(vision_mlp(config), config.width, scope("channel_mixer")) {}

Var VisionBlocks::Block::forward(const Var& x, const Segments& segments, const GridRotation* rotation) const {
  const Var normal = norm(x);
  Var q = q_proj(normal), k = k_proj(normal);
  if (rotation) {
    q = (*rotation)(q, heads);
    k = (*rotation)(k, heads);
  }
  const AttentionOptions attend = {.heads = heads, .key_value_heads = heads, .causal = false};
  const Var y = add(x, o_proj(attention(q, k, v_proj(normal), segments, segments, attend)));
  return add(y, channel_mixer.forward(channel_norm(y)));
}

VisionBlocks::VisionBlocks(const VisionBlocksConfig& config, std::string name, const ParameterScope& scope)
    : name_(std::move(name)) {
  for (std::int64_t i = 0; i < config.layers; ++i) blocks_.emplace_back(config, scope("layers")(i));
}

Var VisionBlocks::forward(Var x, const Segments& segments, const GridRotation* rotation,
                          const VisionOptions& options) const {
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    if (options.recompute_blocks && Tape::current()) {
      // By value: the backward pass runs it again when the caller's are gone.
      const auto kept = rotation ? std::make_shared<const GridRotation>(*rotation) : nullptr;
      x = recompute([&block, segments, kept](const Var& input) { return block.forward(input, segments, kept.get()); },
                    x);
    } else {
      x = block.forward(x, segments, rotation);
    }
    if (options.observe) options.observe(name_ + ".layers." + std::to_string(i), x.value());
  }
  return x;
}

}  // namespace sequent
