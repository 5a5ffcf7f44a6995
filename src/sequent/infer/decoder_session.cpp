#include "sequent/infer/decoder_session.h"

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"

namespace sequent {
namespace {

void check_token(const EncoderDecoder& model, std::int32_t token) {
  const std::int64_t vocabulary = model.config().vocabulary;
  check(token >= 0 && token < vocabulary, "session: a token must be from 0 to {}, got {}", vocabulary - 1, token);
}

}  // namespace

DecoderSession::DecoderSession(const EncoderDecoder& model, std::span<const std::int32_t> input) : model_(&model) {
  check(!input.empty(), "session: there must be at least one token to read, got none");
  for (const std::int32_t token : input) check_token(model, token);
  const Tape::Pause pause;
  const Segments segments = Segments::single(static_cast<std::int64_t>(input.size()));
  state_ = model.start(model.encode(input, segments), segments).front();
  feed(static_cast<std::int32_t>(model.config().start_token));
}

const Tensor& DecoderSession::feed(std::int32_t token) {
  check_token(*model_, token);
  const Tape::Pause pause;
  DecoderState* state = &state_;
  const Var decoded = model_->decode(std::span(&token, 1), Segments::single(1), std::span(&state, 1));
  logits_ = model_->logits(decoded).reshape({model_->config().vocabulary});
  tokens_.push_back(token);
  return logits_;
}

std::vector<std::int32_t> encoder_input(const EncoderDecoder& model, const Tokenizer& tokenizer,
                                        std::string_view text) {
  std::vector<std::int32_t> ids = tokenizer.encode(text, /*special=*/true);
  ids.push_back(static_cast<std::int32_t>(model.config().end_of_text));
  return ids;
}

}  // namespace sequent
