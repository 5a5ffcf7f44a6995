#include "sequent/models/language_model.h"

#include <string>
#include <utility>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/base/random.h"
#include "sequent/models/recompute_block.h"
#include "sequent/ops/elementwise.h"
#include "sequent/ops/embedding.h"
#include "sequent/ops/linear.h"

namespace sequent {
namespace {

void observe(const ForwardOptions& options, const std::string& name, const Var& output) {
  if (options.observe) options.observe(name, output.value());
}

}  // namespace

std::int64_t ModelState::bytes() const {
  std::int64_t total = 0;
  for (const MixerState& layer : layers) total += layer.bytes();
  return total;
}

void ModelState::detach() {
  for (MixerState& layer : layers) layer.detach();
}

class LanguageModel::Block {
 public:
  Block(const LanguageModelConfig& config, std::size_t index, const ParameterScope& scope)
      : name_("layers." + std::to_string(index)),
        index_(index),
        norm_(config.norm, config.width, config.norm_epsilon, scope("norm")),
        mixer_(sequent::mixer(config.blocks[index].mixer).make(config.mixers, config.width, scope("mixer"))) {
    const ChannelMixerEntry& entry = channel_mixer(config.blocks[index].channel_mixer);
    channel_mixer_ = entry.make(config.channel_mixer, config.width, scope("channel_mixer"));
    if (channel_mixer_)
      channel_norm_.emplace_back(config.norm, config.width, config.norm_epsilon, scope("channel_norm"));
  }

  Var forward(const Var& x, const Segments& segments, std::span<MixerState* const> states,
              const ForwardOptions& options) const {
    const auto branch = [&](const Var& output, const char* part, std::uint64_t stream) {
      observe(options, name_ + part, output);
      return dropout(output, options.dropout, options.seed, 2 * index_ + stream);
    };
    Var y = add(x, branch(mixer_->forward(norm_(x), segments, states), ".mixer", 1));
    if (channel_mixer_) y = add(y, branch(mix_channels(channel_norm_[0](y), segments, options), ".channel_mixer", 2));
    return y;
  }

  /// The same, keeping only x until the backward pass, which starts again from the states as they were.
  Var recomputed(const Var& x, const Segments& segments, std::span<MixerState* const> states,
                 const ForwardOptions& options) const {
    std::vector<MixerState> before;
    for (const MixerState* state : states) before.push_back(*state);
    const auto after = std::make_shared<std::vector<MixerState>>();
    const Var y = recompute_block(
        [this, segments, before, after](const Var& input, const ForwardOptions& inner) {
          *after = before;
          std::vector<MixerState*> pointers;
          for (MixerState& state : *after) pointers.push_back(&state);
          return forward(input, segments, pointers, inner);
        },
        x, options);
    for (std::size_t i = 0; i < states.size(); ++i) *states[i] = (*after)[i];
    return y;
  }

  std::int64_t inactive_parameters() const { return channel_mixer_ ? channel_mixer_->inactive_parameters() : 0; }
  const SequenceMixer& mixer() const { return *mixer_; }

 private:
  Var mix_channels(const Var& x, const Segments& segments, const ForwardOptions& options) const {
    const std::size_t before = options.routing ? options.routing->size() : 0;
    Var y = channel_mixer_->forward(x, {.training = options.training,
                                        .seed = options.seed,
                                        .stream = Random::stream_of(name_ + ".channel_mixer"),
                                        .segments = &segments,
                                        .routing = options.routing});
    for (std::size_t i = before; options.routing && i < options.routing->size(); ++i) {
      (*options.routing)[i].layer = static_cast<std::int64_t>(index_);
    }
    return y;
  }

  std::string name_;
  std::uint64_t index_;
  Norm norm_;
  std::unique_ptr<SequenceMixer> mixer_;
  std::vector<Norm> channel_norm_;  // one, or none without a channel mixer
  std::unique_ptr<ChannelMixer> channel_mixer_;
};

LanguageModel::LanguageModel(const LanguageModelConfig& config, ParameterSource& source)
    : config_(config), parameters_(source) {
  validate(config);
  const ParameterScope scope(parameters_);
  const Shape table = {config.vocabulary, config.width};
  embedding_ = scope("embedding").matrix("weight", table, initialize::normal(config.embedding_deviation));
  if (config.positions > 0) {
    positions_ = scope("positions")
                     .parameter("weight", {config.positions, config.width},
                                initialize::normal(config.embedding_deviation), true);
  }
  for (std::size_t i = 0; i < config.blocks.size(); ++i) {
    blocks_.push_back(std::make_unique<Block>(config, i, scope("layers")(static_cast<std::int64_t>(i))));
  }
  final_norm_ = std::make_unique<Norm>(config.norm, config.width, config.norm_epsilon, scope("final_norm"));
  projection_ =
      config.tied
          ? embedding_
          : scope("projection").matrix("weight", table, initialize::normal(config.embedding_deviation));
}

LanguageModel::~LanguageModel() = default;

Var LanguageModel::hidden(std::span<const std::int32_t> ids, const Segments& segments,
                          std::span<ModelState* const> states, const ForwardOptions& options) const {
  check(static_cast<std::int64_t>(ids.size()) == segments.tokens(), "model: {} tokens for segments of {}", ids.size(),
        segments.tokens());
  check(states.empty() || static_cast<std::int64_t>(states.size()) == segments.count(),
        "model: there must be one state per sequence, got {} for {} sequences", states.size(), segments.count());
  Var x = embed(ids, segments, states);
  observe(options, "embedding", x);
  x = dropout(x, options.dropout, options.seed, 0);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    std::vector<MixerState*> layer_states;
    for (ModelState* state : states) layer_states.push_back(&state->layers[i]);
    const bool again = options.recompute_blocks && Tape::current();
    x = again ? blocks_[i]->recomputed(x, segments, layer_states, options)
              : blocks_[i]->forward(x, segments, layer_states, options);
  }
  x = (*final_norm_)(x);
  observe(options, "final_norm", x);
  return x;
}

Var LanguageModel::embed(std::span<const std::int32_t> ids, const Segments& segments,
                         std::span<ModelState* const> states) const {
  Var x = embedding(ids, embedding_);
  if (config_.embedding_scale != 1.0f) x = scale(x, config_.embedding_scale);
  if (!positions_.defined()) return x;
  std::vector<std::int32_t> places;
  for (std::int64_t i = 0; i < segments.count(); ++i) {
    const std::int64_t first = states.empty() ? 0 : states[static_cast<std::size_t>(i)]->position();
    check(first + segments.length(i) <= config_.positions,
          "model: has learned positions for {} tokens, longer sequences are not possible, got {}", config_.positions,
          first + segments.length(i));
    for (std::int64_t t = 0; t < segments.length(i); ++t) places.push_back(static_cast<std::int32_t>(first + t));
  }
  return add(x, embedding(places, positions_));
}

Tensor LanguageModel::logits(const Var& hidden) const {
  return linear(hidden, projection_).value();
}

ModelState LanguageModel::initial_state() const {
  ModelState state;
  for (const auto& block : blocks_) state.layers.push_back(block->mixer().initial_state());
  return state;
}

std::int64_t LanguageModel::state_bytes(std::int64_t tokens, std::int64_t element_bytes) const {
  std::int64_t total = 0;
  for (const auto& block : blocks_) total += block->mixer().state_bytes(tokens, element_bytes);
  return total;
}

std::int64_t LanguageModel::flops(std::int64_t tokens) const {
  const std::int64_t looked_up = ((config_.tied ? 0 : config_.vocabulary) + config_.positions) * config_.width;
  std::int64_t total = 2 * (active_parameters() - looked_up) * tokens;
  for (const auto& block : blocks_) total += block->mixer().sequence_flops(tokens);
  return total;
}

std::int64_t LanguageModel::growing_state_bytes(std::int64_t tokens, std::int64_t element_bytes) const {
  std::int64_t total = 0;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    if (layer_state_grows(i)) total += blocks_[i]->mixer().state_bytes(tokens, element_bytes);
  }
  return total;
}

bool LanguageModel::layer_state_grows(std::size_t layer) const {
  const SequenceMixer& mixer = blocks_[layer]->mixer();
  return mixer.state_bytes(2, 1) > mixer.state_bytes(1, 1);
}

std::int64_t LanguageModel::active_parameters() const {
  std::int64_t active = parameters_.count();
  for (const auto& block : blocks_) active -= block->inactive_parameters();
  return active;
}

std::int64_t count_parameters(const LanguageModelConfig& config) {
  return LanguageModel(config, *shapes_only()).parameters().count();
}

}  // namespace sequent
