#include "sequent/text/span_batches.h"

#include <span>

namespace sequent {

EncoderDecoderBatch corrupt_batch(const Batch& batch, const SpanMarks& marks, std::uint64_t seed) {
  EncoderDecoderBatch result;
  std::vector<std::int64_t> encoder_lengths;
  std::vector<std::int64_t> decoder_lengths;
  for (std::int64_t i = 0; i < batch.segments.count(); ++i) {
    auto tokens = std::span(batch.inputs)
                      .subspan(static_cast<std::size_t>(batch.segments.begin(i)),
                               static_cast<std::size_t>(batch.segments.length(i)));
    if (tokens.front() == marks.end_of_text) tokens = tokens.subspan(1);
    if (tokens.size() < 2) continue;
    const Random random(seed, static_cast<std::uint64_t>(i));
    const CorruptedText text = corrupt_spans(tokens, marks.sentinels, marks.end_of_text, random);
    result.encoder_ids.insert(result.encoder_ids.end(), text.inputs.begin(), text.inputs.end());
    result.decoder_ids.push_back(marks.start);
    result.decoder_ids.insert(result.decoder_ids.end(), text.targets.begin(), text.targets.end() - 1);
    result.targets.insert(result.targets.end(), text.targets.begin(), text.targets.end());
    encoder_lengths.push_back(static_cast<std::int64_t>(text.inputs.size()));
    decoder_lengths.push_back(static_cast<std::int64_t>(text.targets.size()));
    result.text_tokens += static_cast<std::int64_t>(tokens.size());
  }
  result.encoder_segments = Segments::of_lengths(encoder_lengths);
  result.decoder_segments = Segments::of_lengths(decoder_lengths);
  return result;
}

}  // namespace sequent
