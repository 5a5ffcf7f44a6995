// Text from a model.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/base/function_ref.h"
#include "sequent/infer/decoder_session.h"
#include "sequent/infer/sampler.h"
#include "sequent/infer/session.h"
#include "sequent/text/tokenizer.h"

namespace sequent {

struct GenerateOptions {
  std::int64_t max_tokens = 200;
  SamplerOptions sampler;
  std::vector<std::string> stop;  // the text ends before the first of these
  /// Tokens that end the text beside the end of text of the model and of the tokenizer: those of an answer.
  std::vector<std::int32_t> end_tokens = {};
  bool ignore_end_of_text = false;  // go on with the next document
  /// Set from anywhere, a signal handler included: the text ends with the token being made.
  const std::atomic<bool>* interrupt = nullptr;
};

enum class StopReason { end_of_text, max_tokens, stop_string, interrupted };

/// "end_of_text", ...
std::string_view name_of(StopReason reason);

struct Generation {
  std::string text;  // what was handed out, in one piece
  std::vector<std::int32_t>
      tokens;  // all that were made, those of a stop string included; not the end of text that ended it
  StopReason reason = StopReason::max_tokens;
  std::int64_t prompt_tokens = 0;
  double prefill_seconds = 0;
  double decode_seconds = 0;
  std::int64_t state_bytes = 0;  // at the end

  double prefill_tokens_per_second() const;
  double decode_milliseconds_per_token() const;
};

/// Reads `prompt` and writes on. With an empty prompt a session that has read something continues from there, a new one
/// starts from the end-of-text token, which is how documents begin. on_text receives the text in pieces that end
/// between characters. Afterwards the session has read the prompt and every token made, so that it can be continued or
/// saved. The token at position p of the sequence is drawn with the random number p: stopping, saving and going on
/// gives the same text as not stopping.
Generation generate(Session& session, const Tokenizer& tokenizer, std::span<const std::int32_t> prompt,
                    const GenerateOptions& options, FunctionRef<void(std::string_view)> on_text);

/// The same for a text, in a session of its own, with the tokens that the model expects around a prompt.
Generation generate(const LanguageModel& model, const Tokenizer& tokenizer, std::string_view prompt,
                    const GenerateOptions& options, FunctionRef<void(std::string_view)> on_text);

/// Writes the answer of an encoder-decoder to its input (see encoder_input()). Sentinels are shown in the text.
/// prompt_tokens counts the input.
Generation generate(const EncoderDecoder& model, const Tokenizer& tokenizer, std::span<const std::int32_t> input,
                    const GenerateOptions& options, FunctionRef<void(std::string_view)> on_text);

}  // namespace sequent
