// Span corruption: a text with spans cut out, each replaced by a sentinel, and what was cut out as the answer (Raffel
// et al., "Exploring the limits of transfer learning with a unified text-to-text transformer", 2020, sections 3.1.4 and
// 3.3.4).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sequent/base/random.h"

namespace sequent {

struct SpanCorruption {
  double noise_density = 0.15;    // share of the tokens that are cut out
  double mean_span_length = 3.0;  // of what is cut out at one place
};

/// How many tokens of `length` (at least 2) are cut out, and in how many spans. Halves are rounded to even.
struct SpanCounts {
  std::int64_t noise;
  std::int64_t spans;
};
SpanCounts span_counts(std::int64_t length, const SpanCorruption& options = {});

/// The largest number of tokens whose corrupted form, end of text included, has at most `inputs` tokens: 568 for 512.
std::int64_t tokens_for_inputs(std::int64_t inputs, const SpanCorruption& options = {});

/// Lengths of the runs in order, kept ones and cut out ones in turn, beginning with a kept one: uniform over all ways
/// to cut both kinds into spans that are not empty.
std::vector<std::int64_t> random_runs(std::int64_t length, const Random& random, const SpanCorruption& options = {});

struct CorruptedText {
  std::vector<std::int32_t> inputs;   // kept, sentinel 0, kept, sentinel 1, ..., end of text
  std::vector<std::int32_t> targets;  // sentinel 0, what it stands for, sentinel 1, ..., end of text
};

/// A pure function of its arguments. Errors: fewer than two tokens, more spans than sentinels.
CorruptedText corrupt_spans(std::span<const std::int32_t> tokens, std::span<const std::int32_t> sentinels,
                            std::int32_t end_of_text, const Random& random, const SpanCorruption& options = {});

/// The inputs with every sentinel replaced by what the answer has behind it, and without the end of text; a sentinel
/// that the answer has not is left. The inverse of corrupt_spans() for its targets.
std::vector<std::int32_t> fill_blanks(std::span<const std::int32_t> inputs, std::span<const std::int32_t> answer,
                                      std::span<const std::int32_t> sentinels, std::int32_t end_of_text);

}  // namespace sequent
