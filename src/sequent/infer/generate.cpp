#include "sequent/infer/generate.h"

#include <algorithm>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/base/stopwatch.h"
#include "sequent/infer/stop_strings.h"
#include "sequent/text/stream_decoder.h"

namespace sequent {
namespace {

std::int32_t end_of_text_of(const Session& session, const Tokenizer& tokenizer) {
  const std::int64_t id = session.model().config().end_of_text;
  return id >= 0 ? static_cast<std::int32_t>(id) : tokenizer.end_of_text();
}

// Reads the prompt; returns how many tokens that were.
std::int64_t prefill(Session& session, std::span<const std::int32_t> prompt, std::int32_t end_of_text) {
  if (!prompt.empty()) {
    session.feed(prompt);
    return static_cast<std::int64_t>(prompt.size());
  }
  if (session.position() > 0) return 0;
  check(end_of_text >= 0, "generate: the prompt must not be empty: this model has no end-of-text token to start from");
  session.feed(end_of_text);
  return 1;
}

// From logits to the text that is handed out, for either kind of session.
template <class AnySession>
class Writer {
 public:
  Writer(AnySession& session, const Tokenizer& tokenizer, StreamDecoder decoder, const GenerateOptions& options,
         Generation& result, FunctionRef<void(std::string_view)> on_text)
      : session_(session),
        tokenizer_(tokenizer),
        options_(options),
        decoder_(std::move(decoder)),
        stops_(options.stop),
        result_(result),
        on_text_(on_text) {}

  StopReason run(std::int32_t end_of_text) {
    while (static_cast<std::int64_t>(result_.tokens.size()) < options_.max_tokens) {
      if (options_.interrupt && options_.interrupt->load()) return StopReason::interrupted;
      const Tensor& logits = session_.logits();
      const auto vocabulary = static_cast<std::size_t>(logits.elements());
      const std::int32_t id = sample({logits.floats(), vocabulary}, session_.recent(), options_.sampler,
                                     static_cast<std::uint64_t>(session_.position()));
      if (ends(id, end_of_text) && !options_.ignore_end_of_text) return StopReason::end_of_text;
      result_.tokens.push_back(id);
      // Shown before the next step is computed: the reader need not wait for it.
      show(stops_.push(text_of(id)));
      session_.feed(id);
      if (stops_.found()) return StopReason::stop_string;
    }
    return StopReason::max_tokens;
  }

  void finish() {
    if (stops_.found()) return;
    show(stops_.push(decoder_.flush()));
    show(stops_.flush());
  }

 private:
  bool ends(std::int32_t id, std::int32_t end_of_text) const {
    const std::vector<std::int32_t>& more = options_.end_tokens;
    return id == end_of_text || id == tokenizer_.end_of_text() || std::find(more.begin(), more.end(), id) != more.end();
  }

  // Models may have more output rows than the tokenizer has tokens; those stand for no text.
  std::string text_of(std::int32_t id) { return id < tokenizer_.vocabulary_size() ? decoder_.push(id) : std::string(); }

  void show(const std::string& text) {
    if (text.empty()) return;
    result_.text += text;
    on_text_(text);
  }

  AnySession& session_;
  const Tokenizer& tokenizer_;
  const GenerateOptions& options_;
  StreamDecoder decoder_;
  StopStrings stops_;
  Generation& result_;
  FunctionRef<void(std::string_view)> on_text_;
};

}  // namespace

std::string_view name_of(StopReason reason) {
  switch (reason) {
    case StopReason::end_of_text:
      return "end_of_text";
    case StopReason::max_tokens:
      return "max_tokens";
    case StopReason::stop_string:
      return "stop_string";
    case StopReason::interrupted:
      return "interrupted";
  }
  return "";
}

double Generation::prefill_tokens_per_second() const {
  return prefill_seconds > 0 ? static_cast<double>(prompt_tokens) / prefill_seconds : 0.0;
}

double Generation::decode_milliseconds_per_token() const {
  return tokens.empty() ? 0.0 : 1e3 * decode_seconds / static_cast<double>(tokens.size());
}

Generation generate(Session& session, const Tokenizer& tokenizer, std::span<const std::int32_t> prompt,
                    const GenerateOptions& options, FunctionRef<void(std::string_view)> on_text) {
  check(options.max_tokens >= 0, "generate: max_tokens must be 0 or more, got {}", options.max_tokens);
  validate(options.sampler);
  Generation result;
  const bool begins = session.position() == 0 && std::all_of(prompt.begin(), prompt.end(),
                                                             [&](std::int32_t id) { return tokenizer.is_special(id); });
  Writer writer(session, tokenizer, StreamDecoder(tokenizer, /*special=*/false, begins), options, result, on_text);
  const std::int32_t end_of_text = end_of_text_of(session, tokenizer);
  const Stopwatch reading;
  result.prompt_tokens = prefill(session, prompt, end_of_text);
  result.prefill_seconds = reading.seconds();
  const Stopwatch decoding;
  result.reason = writer.run(end_of_text);
  writer.finish();
  result.decode_seconds = decoding.seconds();
  result.state_bytes = session.state().bytes();
  return result;
}

Generation generate(const EncoderDecoder& model, const Tokenizer& tokenizer, std::span<const std::int32_t> input,
                    const GenerateOptions& options, FunctionRef<void(std::string_view)> on_text) {
  check(options.max_tokens >= 0, "generate: max_tokens must be 0 or more, got {}", options.max_tokens);
  validate(options.sampler);
  Generation result;
  result.prompt_tokens = static_cast<std::int64_t>(input.size());
  const Stopwatch reading;
  DecoderSession session(model, input);
  result.prefill_seconds = reading.seconds();
  Writer writer(session, tokenizer, StreamDecoder(tokenizer, /*special=*/true), options, result, on_text);
  const Stopwatch decoding;
  result.reason = writer.run(static_cast<std::int32_t>(model.config().end_of_text));
  writer.finish();
  result.decode_seconds = decoding.seconds();
  result.state_bytes = session.state_bytes();
  return result;
}

Generation generate(const LanguageModel& model, const Tokenizer& tokenizer, std::string_view prompt,
                    const GenerateOptions& options, FunctionRef<void(std::string_view)> on_text) {
  Session session(model);
  return generate(session, tokenizer, tokenizer.encode_prompt(prompt), options, on_text);
}

}  // namespace sequent
