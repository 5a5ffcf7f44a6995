#include "sequent/models/vision_blocks.h"

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/models/config.h"
#include "sequent/ops/attention.h"
#include "sequent/ops/elementwise.h"
#include "sequent/ops/embedding.h"

namespace sequent {

namespace {

void check_wanted(std::string_view what, const TokenRows& wanted, const Segments& segments) {
  check(wanted.segments.count() == segments.count() &&
            wanted.segments.tokens() == static_cast<std::int64_t>(wanted.rows.size()),
        "{}: wanted tokens must be of {} sets and have a row each, got {} sets of {} tokens and {} rows", what,
        segments.count(), wanted.segments.count(), wanted.segments.tokens(), wanted.rows.size());
  for (std::int64_t set = 0; set < segments.count(); ++set) {
    for (std::int64_t at = wanted.segments.begin(set); at < wanted.segments.end(set); ++at) {
      const std::int32_t row = wanted.rows[static_cast<std::size_t>(at)];
      check(segments.begin(set) <= row && row < segments.end(set),
            "{}: row {} is wanted of set {}, which is rows {} to {}", what, row, set, segments.begin(set),
            segments.end(set) - 1);
    }
  }
}

}  // namespace

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

// Tokens that are not wanted are keys and values to those that are, and nothing else.
Var VisionBlocks::Block::forward(const Var& x, const Segments& segments, const TokenRows* wanted,
                                 const GridRotation* rotation) const {
  const auto wanted_of = [&](const Var& all) { return wanted ? embedding(wanted->rows, all) : all; };
  const Var normal = norm(x);
  Var q = q_proj(normal), k = k_proj(normal);
  if (rotation) {
    q = (*rotation)(q, heads);
    k = (*rotation)(k, heads);
  }
  const AttentionOptions attend = {.heads = heads, .key_value_heads = heads, .causal = false};
  const Segments& queries = wanted ? wanted->segments : segments;
  const Var mixed = attention(wanted_of(q), k, v_proj(normal), queries, segments, attend);
  const Var y = add(wanted_of(x), o_proj(mixed));
  return add(y, channel_mixer.forward(channel_norm(y)));
}

VisionBlocks::VisionBlocks(const VisionBlocksConfig& config, std::string name, const ParameterScope& scope)
    : name_(std::move(name)) {
  for (std::int64_t i = 0; i < config.layers; ++i) blocks_.emplace_back(config, scope("layers")(i));
}

Var VisionBlocks::forward(Var x, const Segments& segments, const GridRotation* rotation,
                          const VisionOptions& options) const {
  return run(std::move(x), segments, nullptr, rotation, options);
}

Var VisionBlocks::forward(Var x, const Segments& segments, const TokenRows& wanted, const GridRotation* rotation,
                          const VisionOptions& options) const {
  check_wanted(name_, wanted, segments);
  return run(std::move(x), segments, &wanted, rotation, options);
}

Var VisionBlocks::run(Var x, const Segments& segments, const TokenRows* wanted, const GridRotation* rotation,
                      const VisionOptions& options) const {
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    const TokenRows* const rows = i + 1 == blocks_.size() ? wanted : nullptr;
    if (options.recompute_blocks && Tape::current()) {
      // By value: the backward pass runs it again when the caller's are gone.
      const auto kept = rotation ? std::make_shared<const GridRotation>(*rotation) : nullptr;
      const auto kept_rows = rows ? std::make_shared<const TokenRows>(*rows) : nullptr;
      const auto again = [&block, segments, kept, kept_rows](const Var& input) {
        return block.forward(input, segments, kept_rows.get(), kept.get());
      };
      x = recompute(again, x);
    } else {
      x = block.forward(x, segments, rows, rotation);
    }
    if (options.observe) options.observe(name_ + ".layers." + std::to_string(i), x.value());
  }
  return x;
}

}  // namespace sequent
