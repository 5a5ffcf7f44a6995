// Batches of corrupted text for an encoder-decoder, made of the batches of text/batches.h.
#pragma once

#include <cstdint>
#include <vector>

#include "sequent/text/batches.h"
#include "sequent/text/span_corruption.h"

namespace sequent {

/// Sequence i of the decoder answers sequence i of the encoder.
struct EncoderDecoderBatch {
  std::vector<std::int32_t> encoder_ids;
  Segments encoder_segments;
  std::vector<std::int32_t> decoder_ids;  // the targets one place later, behind the start token
  std::vector<std::int32_t> targets;
  Segments decoder_segments;
  std::int64_t text_tokens = 0;  // that were corrupted
};

struct SpanMarks {
  std::vector<std::int32_t> sentinels;
  std::int32_t end_of_text;  // of inputs and targets
  std::int32_t start;        // what the decoder reads first
};

/// Corrupts every sequence of a batch by itself; the token that begins a document is left out, and so are sequences of
/// fewer than two tokens; nothing may be left. `seed` decides where.
EncoderDecoderBatch corrupt_batch(const Batch& batch, const SpanMarks& marks, std::uint64_t seed);

}  // namespace sequent
