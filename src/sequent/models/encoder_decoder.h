// An encoder-decoder in the manner of T5 (Raffel et al., "Exploring the limits of transfer learning with a unified
// text-to-text transformer", 2020): the encoder reads the whole input, the decoder writes the output token by token.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sequent/mixers/cross_attention.h"
#include "sequent/models/encoder_decoder_config.h"
#include "sequent/models/language_model.h"

namespace sequent {

/// What the decoder remembers of one sequence, layer by layer.
struct DecoderState {
  std::vector<MixerState> self_attention;   // keys and values of the tokens decoded so far
  std::vector<MixerState> cross_attention;  // those of the encoder's output, computed once

  /// Tokens decoded.
  std::int64_t position() const { return self_attention.empty() ? 0 : self_attention.front().position; }
  std::int64_t bytes() const;
};

class EncoderDecoder {
 public:
  /// One constructor for fresh and for loaded weights: the source decides.
  EncoderDecoder(const EncoderDecoderConfig& config, ParameterSource& source);
  ~EncoderDecoder();
  EncoderDecoder(const EncoderDecoder&) = delete;
  EncoderDecoder& operator=(const EncoderDecoder&) = delete;

  /// The encoder's output for packed sequences: ids.size() = segments.tokens() -> [tokens, width].
  Var encode(std::span<const std::int32_t> ids, const Segments& segments, const ForwardOptions& options = {}) const;

  /// The decoder's output for packed sequences, of which sequence i looks at sequence i of `encoded`:
  /// ids.size() = segments.tokens() -> [tokens, width], such that logits = projection() output.
  Var decode(std::span<const std::int32_t> ids, const Segments& segments, const Var& encoded,
             const Segments& encoder_segments, const ForwardOptions& options = {}) const;

  /// The state of each sequence before its first decoded token.
  std::vector<DecoderState> start(const Var& encoded, const Segments& encoder_segments) const;
  /// The same as decode() over any division of a sequence's tokens: each goes on from its state and leaves the new one.
  Var decode(std::span<const std::int32_t> ids, const Segments& segments, std::span<DecoderState* const> states,
             const ForwardOptions& options = {}) const;

  /// Weight of the output projection, [vocabulary, width].
  const Var& projection() const { return projection_; }
  /// [tokens, width] -> [tokens, vocabulary].
  Tensor logits(const Var& decoded) const;

  /// Bytes of the state of one sequence, by arithmetic.
  std::int64_t state_bytes(std::int64_t encoder_tokens, std::int64_t decoder_tokens,
                           std::int64_t element_bytes = 4) const;

  const EncoderDecoderConfig& config() const { return config_; }
  const Parameters& parameters() const { return parameters_; }
  Parameters& parameters() { return parameters_; }
  /// Number of parameters that take part in one token of input and one of output: all but those of experts not chosen.
  std::int64_t active_parameters() const;

 private:
  class Stack;
  Var scaled_for_projection(const Var& decoded) const;

  EncoderDecoderConfig config_;
  Parameters parameters_;
  Var embedding_;
  std::unique_ptr<Stack> encoder_;
  std::unique_ptr<Stack> decoder_;
  Var projection_;
};

/// Number of parameters, without making any.
std::int64_t count_parameters(const EncoderDecoderConfig& config);

}  // namespace sequent
