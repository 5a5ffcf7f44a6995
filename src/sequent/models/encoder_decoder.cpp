#include "sequent/models/encoder_decoder.h"

#include <cmath>
#include <string>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/base/random.h"
#include "sequent/models/recompute_block.h"
#include "sequent/ops/elementwise.h"
#include "sequent/ops/embedding.h"
#include "sequent/ops/linear.h"

namespace sequent {
namespace {

AttentionConfig with_mask(AttentionConfig config, bool causal) {
  config.causal = causal;
  return config;
}

RelativeBuckets in_directions(RelativeBuckets buckets, bool bidirectional) {
  buckets.bidirectional = bidirectional;
  return buckets;
}

// What a stack works on beside its tokens.
struct Surroundings {
  Segments segments;
  // The encoder's output, for a decoder: itself, or in states.
  Var encoded = {};
  Segments encoder_segments = {};
  std::span<DecoderState* const> states = {};
  ForwardOptions options;
  Var bias = {};  // of the stack's self-attention
};

std::vector<MixerState*> layer_states(std::span<DecoderState* const> states,
                                      std::vector<MixerState> DecoderState::*part, std::size_t layer) {
  std::vector<MixerState*> result;
  for (DecoderState* state : states) result.push_back(&(state->*part)[layer]);
  return result;
}

class Block {
 public:
  Block(const EncoderDecoderConfig& config, std::string name, std::size_t index, bool decoder, const std::string& mixer,
        const ParameterScope& scope)
      : name_(std::move(name)),
        index_(index),
        number_(static_cast<std::int64_t>(index + (decoder ? config.encoder.size() : 0))),
        norm_(config.width, config.norm_epsilon, scope("norm")),
        attention_(with_mask(config.attention, decoder), config.width, scope("mixer")) {
    if (decoder) {
      cross_norm_.emplace_back(config.width, config.norm_epsilon, scope("cross_norm"));
      cross_attention_.emplace_back(config.attention, config.width, scope("cross_attention"));
    }
    const ChannelMixerEntry& entry = channel_mixer(mixer);
    channel_mixer_ = entry.make(config.channel_mixer, config.width, scope("channel_mixer"));
    if (channel_mixer_) channel_norm_.emplace_back(config.width, config.norm_epsilon, scope("channel_norm"));
  }

  Var forward(const Var& x, const Surroundings& around) const {
    const auto branch = [&](const Var& output, const char* part) {
      const std::string name = name_ + part;
      if (around.options.observe) around.options.observe(name, output.value());
      return dropout(output, around.options.dropout, around.options.seed, Random::stream_of(name + ".dropout"));
    };
    const std::vector<MixerState*> self = layer_states(around.states, &DecoderState::self_attention, index_);
    Var y = add(x, branch(attention_.forward_with_bias(norm_(x), around.segments, self, around.bias), ".mixer"));
    if (!cross_attention_.empty()) y = add(y, branch(look_at_encoder(cross_norm_[0](y), around), ".cross_attention"));
    if (channel_mixer_) y = add(y, branch(mix_channels(channel_norm_[0](y), around), ".channel_mixer"));
    return y;
  }

  std::int64_t inactive_parameters() const { return channel_mixer_ ? channel_mixer_->inactive_parameters() : 0; }
  const Attention& attention() const { return attention_; }
  const CrossAttention& cross_attention() const { return cross_attention_[0]; }

 private:
  Var look_at_encoder(const Var& x, const Surroundings& around) const {
    if (around.states.empty()) {
      return cross_attention_[0].forward(x, around.segments, around.encoded, around.encoder_segments);
    }
    return cross_attention_[0].forward(x, around.segments,
                                       layer_states(around.states, &DecoderState::cross_attention, index_));
  }

  Var mix_channels(const Var& x, const Surroundings& around) const {
    std::vector<Routing>* const routing = around.options.routing;
    const std::size_t before = routing ? routing->size() : 0;
    Var y = channel_mixer_->forward(x, {.training = around.options.training,
                                        .seed = around.options.seed,
                                        .stream = Random::stream_of(name_ + ".channel_mixer"),
                                        .segments = &around.segments,
                                        .routing = routing});
    for (std::size_t i = before; routing && i < routing->size(); ++i) (*routing)[i].layer = number_;
    return y;
  }

  std::string name_;
  std::size_t index_;
  std::int64_t number_;  // counted through both stacks
  RmsNorm norm_;
  Attention attention_;
  std::vector<RmsNorm> cross_norm_;  // these two: one in a decoder, none in an encoder
  std::vector<CrossAttention> cross_attention_;
  std::vector<RmsNorm> channel_norm_;  // one, or none without a channel mixer
  std::unique_ptr<ChannelMixer> channel_mixer_;
};

}  // namespace

// The blocks of the encoder or of the decoder, with what they share.
class EncoderDecoder::Stack {
 public:
  Stack(const EncoderDecoderConfig& config, const std::string& name, bool decoder, const ParameterScope& scope)
      : name_(name),
        bias_(in_directions(config.positions, !decoder), config.attention.heads, config.bias_deviation,
              scope("relative_bias")),
        final_norm_(config.width, config.norm_epsilon, scope("final_norm")) {
    const std::vector<std::string>& mixers = decoder ? config.decoder : config.encoder;
    for (std::size_t i = 0; i < mixers.size(); ++i) {
      blocks_.emplace_back(config, name + ".layers." + std::to_string(i), i, decoder, mixers[i],
                           scope("layers")(static_cast<std::int64_t>(i)));
    }
  }

  Var forward(std::span<const std::int32_t> ids, const Var& table, Surroundings around) const {
    check(static_cast<std::int64_t>(ids.size()) == around.segments.tokens(), "model: {} tokens for segments of {}",
          ids.size(), around.segments.tokens());
    const ForwardOptions& options = around.options;
    const auto show = [&](const Var& x, const char* part) {
      const std::string name = name_ + part;
      if (options.observe) options.observe(name, x.value());
      return dropout(x, options.dropout, options.seed, Random::stream_of(name + ".dropout"));
    };
    around.bias = bias_.table();
    Var x = show(embedding(ids, table), ".embedding");
    for (const Block& block : blocks_) {
      // Only training keeps nothing of a block, and there the decoder has no states.
      const bool again = options.recompute_blocks && Tape::current() && around.states.empty();
      x = again ? recompute_block(
                      [&block, around](const Var& input, const ForwardOptions& inner) {
                        Surroundings same = around;
                        same.options = inner;
                        return block.forward(input, same);
                      },
                      x, options)
                : block.forward(x, around);
    }
    return show(final_norm_(x), ".final_norm");
  }

  const std::vector<Block>& blocks() const { return blocks_; }

 private:
  std::string name_;
  RelativeBias bias_;
  std::vector<Block> blocks_;
  RmsNorm final_norm_;
};

std::int64_t DecoderState::bytes() const {
  std::int64_t total = 0;
  for (const auto* part : {&self_attention, &cross_attention}) {
    for (const MixerState& layer : *part) total += layer.bytes();
  }
  return total;
}

EncoderDecoder::EncoderDecoder(const EncoderDecoderConfig& config, ParameterSource& source)
    : config_(config), parameters_(source) {
  validate(config);
  const ParameterScope scope(parameters_);
  const Shape table = {config.vocabulary, config.width};
  const Initializer fresh = initialize::normal(config.embedding_deviation);
  embedding_ = scope("embedding").matrix("weight", table, fresh);
  encoder_ = std::make_unique<Stack>(config, "encoder", /*decoder=*/false, scope("encoder"));
  decoder_ = std::make_unique<Stack>(config, "decoder", /*decoder=*/true, scope("decoder"));
  projection_ = config.tied ? embedding_ : scope("projection").matrix("weight", table, fresh);
}

EncoderDecoder::~EncoderDecoder() = default;

Var EncoderDecoder::encode(std::span<const std::int32_t> ids, const Segments& segments,
                           const ForwardOptions& options) const {
  return encoder_->forward(ids, embedding_, {.segments = segments, .options = options});
}

Var EncoderDecoder::decode(std::span<const std::int32_t> ids, const Segments& segments, const Var& encoded,
                           const Segments& encoder_segments, const ForwardOptions& options) const {
  const Var y = decoder_->forward(
      ids, embedding_,
      {.segments = segments, .encoded = encoded, .encoder_segments = encoder_segments, .options = options});
  return scaled_for_projection(y);
}

Var EncoderDecoder::decode(std::span<const std::int32_t> ids, const Segments& segments,
                           std::span<DecoderState* const> states, const ForwardOptions& options) const {
  check(static_cast<std::int64_t>(states.size()) == segments.count(),
        "model: there must be one state per sequence, got {} for {} sequences", states.size(), segments.count());
  const Var y = decoder_->forward(ids, embedding_, {.segments = segments, .states = states, .options = options});
  return scaled_for_projection(y);
}

Var EncoderDecoder::scaled_for_projection(const Var& decoded) const {
  return config_.tied ? scale(decoded, 1.0f / std::sqrt(static_cast<float>(config_.width))) : decoded;
}

std::vector<DecoderState> EncoderDecoder::start(const Var& encoded, const Segments& encoder_segments) const {
  std::vector<DecoderState> states(static_cast<std::size_t>(encoder_segments.count()));
  for (const Block& block : decoder_->blocks()) {
    std::vector<MixerState> cross = block.cross_attention().states_of(encoded, encoder_segments);
    for (std::size_t i = 0; i < states.size(); ++i) {
      states[i].self_attention.push_back(block.attention().initial_state());
      states[i].cross_attention.push_back(std::move(cross[i]));
    }
  }
  return states;
}

Tensor EncoderDecoder::logits(const Var& decoded) const {
  return linear(decoded, projection_).value();
}

std::int64_t EncoderDecoder::state_bytes(std::int64_t encoder_tokens, std::int64_t decoder_tokens,
                                         std::int64_t element_bytes) const {
  // Cross-attention keeps of the encoder's tokens what self-attention keeps of the decoder's.
  std::int64_t total = 0;
  for (const Block& block : decoder_->blocks()) {
    total += block.attention().state_bytes(encoder_tokens + decoder_tokens, element_bytes);
  }
  return total;
}

std::int64_t EncoderDecoder::active_parameters() const {
  std::int64_t active = parameters_.count();
  for (const Stack* stack : {encoder_.get(), decoder_.get()}) {
    for (const Block& block : stack->blocks()) active -= block.inactive_parameters();
  }
  return active;
}

std::int64_t count_parameters(const EncoderDecoderConfig& config) {
  return EncoderDecoder(config, *shapes_only()).parameters().count();
}

}  // namespace sequent
