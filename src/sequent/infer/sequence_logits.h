// All logits of whole sequences, in each of the three ways to compute them: they are one function, and this is where
// anybody can check that.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sequent/models/encoder_decoder.h"
#include "sequent/models/language_model.h"

namespace sequent {

enum class Form {
  parallel,   // one forward pass over all sequences
  chunked,    // `chunk` tokens of every sequence at a time, carrying states
  recurrent,  // one token of every sequence at a time, carrying states
};

/// By name; an unknown one is an Error that lists the known ones.
Form form_of(std::string_view name);

/// ids: the sequences of `segments` end to end -> logits [tokens, vocabulary]. Nothing is recorded for gradients.
/// Errors: ids and segments disagree, an id is outside the vocabulary, chunk is below 1 (form chunked).
Tensor sequence_logits(const LanguageModel& model, std::span<const std::int32_t> ids, const Segments& segments,
                       Form form, std::int64_t chunk = 64);

/// The same for an encoder-decoder: `ids` are what the decoder reads, and sequence i of it looks at sequence i of the
/// encoder's.
Tensor sequence_logits(const EncoderDecoder& model, std::span<const std::int32_t> encoder_ids,
                       const Segments& encoder_segments, std::span<const std::int32_t> ids, const Segments& segments,
                       Form form, std::int64_t chunk = 64);

}  // namespace sequent
