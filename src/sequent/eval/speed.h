// How fast a model is and how much memory it takes: a training step, a forward pass, reading and writing at a context.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "sequent/models/language_model.h"

namespace sequent {

struct SpeedOptions {
  std::int64_t runs = 5;     // that are timed
  std::int64_t warm_up = 1;  // before them
  /// decode_speed begins no further run after so many seconds, for long contexts; at least one is made, and where it is
  /// the only one, it counts.
  double seconds = 3;
};

/// Seconds of the timed runs.
struct Timing {
  double median = 0;
  double minimum = 0;
  double maximum = 0;
};
/// Of at least one time.
Timing timing_of(std::vector<double> seconds);

struct Speed {
  Timing time;                  // of one run
  std::int64_t tokens = 0;      // of one run
  std::int64_t peak_bytes = 0;  // of tensors, the model's parameters included
  double tokens_per_second() const { return time.median > 0 ? static_cast<double>(tokens) / time.median : 0.0; }
};

/// One training step: gradients cleared, forward, backward and AdamW, on `batch` sequences of `length` random tokens.
/// The weights change, and are left flat.
Speed training_speed(LanguageModel& model, std::int64_t batch, std::int64_t length, const SpeedOptions& options = {});

/// The logits of all tokens of `batch` packed sequences of `length` random tokens.
Speed forward_speed(const LanguageModel& model, std::int64_t batch, std::int64_t length,
                    const SpeedOptions& options = {});

struct DecodeSpeed {
  Speed prefill;                 // reading `context` tokens into a new session, in its chunks
  Timing token;                  // one more token from there, over the single tokens of all runs
  std::int64_t state_bytes = 0;  // of one sequence after `context` tokens
  /// Most bytes of tensors at once, reading and writing: weights, whether mapped or in memory, the state with the spare
  /// room of a growing cache, and the intermediate values of a chunk.
  std::int64_t peak_bytes = 0;
};

/// In each run, reads `context` random tokens and then writes `tokens` more one by one, after a few that are not timed.
DecodeSpeed decode_speed(const LanguageModel& model, std::int64_t context, std::int64_t tokens,
                         const SpeedOptions& options = {});

/// A row of `results` of bench and compare: context, prefill_tokens_per_second, decode_ms_per_token, state_bytes, ...
nlohmann::json to_json(const DecodeSpeed& speed);

/// The most memory that this process has had in RAM so far.
std::int64_t peak_resident_bytes();

}  // namespace sequent
