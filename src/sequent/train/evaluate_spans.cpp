#include "sequent/train/evaluate_spans.h"

#include <algorithm>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/base/stopwatch.h"
#include "sequent/text/sentinels.h"
#include "sequent/train/encoder_decoder_loss.h"

namespace sequent {

SpanMarks span_marks(const EncoderDecoder& model, const Tokenizer& tokenizer) {
  SpanMarks marks = {.sentinels = sentinels_of(tokenizer),
                     .end_of_text = static_cast<std::int32_t>(model.config().end_of_text),
                     .start = static_cast<std::int32_t>(model.config().start_token)};
  check(!marks.sentinels.empty(), "span corruption: the tokenizer has no {}", sentinel_name(0));
  return marks;
}

Evaluation evaluate_spans(const EncoderDecoder& model, const SpanMarks& marks, const TokenView& text,
                          const EvaluationOptions& options) {
  check(options.tokens >= 0, "evaluate: tokens must not be negative, got {}", options.tokens);
  const Tape::Pause pause;
  const Stopwatch watch;
  const EvaluationReader reader(text, options.batch, tokens_for_inputs(options.context));
  const std::int64_t all = text.size() - 1;
  const std::int64_t wanted = options.tokens == 0 ? all : std::min(options.tokens, all);
  Evaluation result;
  std::int64_t read = 0;
  for (std::int64_t i = 0; i < reader.batches() && read < wanted; ++i) {
    const Batch batch = reader.batch(i);
    read += batch.segments.tokens();
    // The seed is the number of the batch: always the same blanks, and others in every batch.
    const EncoderDecoderBatch corrupted = corrupt_batch(batch, marks, static_cast<std::uint64_t>(i));
    if (corrupted.targets.empty()) continue;
    result.add(corrupted.decoder_segments, encoder_decoder_loss(model, corrupted, {}).token_losses);
    if (options.progress) options.progress(read, std::max(wanted, read));
  }
  check(result.tokens > 0, "evaluate: the text has no document of at least two tokens");
  result.finish();
  result.seconds = watch.seconds();
  return result;
}

}  // namespace sequent
