// A language model: embedding, a stack of blocks, a final norm and the output projection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "sequent/models/config.h"
#include "sequent/nn/norm.h"

namespace sequent {

/// What one sequence carries from token to token through the whole model.
struct ModelState {
  std::vector<MixerState> layers;

  std::int64_t position() const { return layers.empty() ? 0 : layers.front().position; }
  std::int64_t bytes() const;
  void detach();
};

struct ForwardOptions {
  /// Layers that behave differently in training do as they do there.
  bool training = false;
  /// Activation checkpointing: keep only the input of each block and run it again in the backward pass.
  bool recompute_blocks = false;
  /// On the output of each mixer before it is added to the residual stream, and on the embedding.
  float dropout = 0.0f;
  /// Of this step's random numbers: masks of dropout, jitter of routers.
  std::uint64_t seed = 0;
  /// Called with the name and output of the embedding, of each mixer and of the final norm, in order.
  std::function<void(std::string_view name, const Tensor& output)> observe;
  /// What layers of experts leave behind is appended here, in order of the layers, unless null.
  std::vector<Routing>* routing = nullptr;
};

class LanguageModel {
 public:
  /// One constructor for fresh and for loaded weights: the source decides.
  LanguageModel(const LanguageModelConfig& config, ParameterSource& source);
  ~LanguageModel();
  LanguageModel(const LanguageModel&) = delete;
  LanguageModel& operator=(const LanguageModel&) = delete;

  /// Output of the final norm for packed sequences: ids.size() = segments.tokens() -> [tokens, width].
  /// States as in SequenceMixer::forward: none, or one per sequence.
  Var hidden(std::span<const std::int32_t> ids, const Segments& segments, std::span<ModelState* const> states = {},
             const ForwardOptions& options = {}) const;

  /// Weight of the output projection, [vocabulary, width]: logits = projection hidden.
  const Var& projection() const { return projection_; }
  /// [tokens, width] -> [tokens, vocabulary].
  Tensor logits(const Var& hidden) const;

  ModelState initial_state() const;
  /// Bytes of the state of one sequence of `tokens` tokens, by arithmetic.
  std::int64_t state_bytes(std::int64_t tokens, std::int64_t element_bytes = 4) const;
  /// The part of it in layers whose state grows with the sequence: keys and values.
  std::int64_t growing_state_bytes(std::int64_t tokens, std::int64_t element_bytes = 4) const;

  /// Floating-point operations of forward over one sequence of `tokens` tokens, logits included: two for each token and
  /// active weight (an embedding that is only looked up is none), and what the mixers add. Training takes
  /// kTrainingFlops times as many.
  std::int64_t flops(std::int64_t tokens) const;

  /// Whether the state of this layer grows with the sequence.
  bool layer_state_grows(std::size_t layer) const;

  /// Number of parameters that take part in one token: all but those of experts it is not sent to.
  std::int64_t active_parameters() const;

  const LanguageModelConfig& config() const { return config_; }
  const Parameters& parameters() const { return parameters_; }
  Parameters& parameters() { return parameters_; }

 private:
  class Block;
  LanguageModelConfig config_;
  Parameters parameters_;
  Var embed(std::span<const std::int32_t> ids, const Segments& segments, std::span<ModelState* const> states) const;

  Var embedding_;
  Var positions_;  // undefined without learned ones
  std::vector<std::unique_ptr<Block>> blocks_;
  std::unique_ptr<Norm> final_norm_;
  Var projection_;
};

/// The backward pass takes two products where forward takes one: for the gradient of the input and of the weight.
inline constexpr std::int64_t kTrainingFlops = 3;

/// Number of parameters, without making any.
std::int64_t count_parameters(const LanguageModelConfig& config);

}  // namespace sequent
