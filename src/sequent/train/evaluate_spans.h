// The loss of an encoder-decoder on text that it was not trained on.
#pragma once

#include "sequent/models/encoder_decoder.h"
#include "sequent/text/span_batches.h"
#include "sequent/train/evaluate.h"

namespace sequent {

/// The marks that a model and its tokenizer use. Error if the tokenizer has no sentinels.
SpanMarks span_marks(const EncoderDecoder& model, const Tokenizer& tokenizer);

/// Fills in the blanks of `text`, cut into windows whose corrupted form has `context` tokens; the blanks are the same
/// in every evaluation. `tokens` and `loss` are those of the targets; options.tokens counts tokens of text. Errors as
/// evaluate().
Evaluation evaluate_spans(const EncoderDecoder& model, const SpanMarks& marks, const TokenView& text,
                          const EvaluationOptions& options = {});

}  // namespace sequent
