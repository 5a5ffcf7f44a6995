// One answer of an encoder-decoder being written: the whole input is read first, then token by token.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sequent/models/encoder_decoder.h"
#include "sequent/text/tokenizer.h"

namespace sequent {

class DecoderSession {
 public:
  /// Encodes the input, at least one token, and reads the start token. The model must outlive this. An id outside the
  /// vocabulary is an Error.
  DecoderSession(const EncoderDecoder& model, std::span<const std::int32_t> input);

  /// Reads a token of the answer and returns logits() afterwards.
  const Tensor& feed(std::int32_t token);

  /// [vocabulary], for the token that follows. Never written to again.
  const Tensor& logits() const { return logits_; }
  /// Tokens of the answer read, the start token included.
  std::int64_t position() const { return state_.position(); }
  /// All of them.
  std::span<const std::int32_t> recent() const { return tokens_; }
  std::int64_t state_bytes() const { return state_.bytes(); }

 private:
  const EncoderDecoder* model_;
  DecoderState state_;
  Tensor logits_;
  std::vector<std::int32_t> tokens_;
};

/// What an encoder-decoder reads for a text: its tokens, sentinels as such, and the end of text.
std::vector<std::int32_t> encoder_input(const EncoderDecoder& model, const Tokenizer& tokenizer, std::string_view text);

}  // namespace sequent
