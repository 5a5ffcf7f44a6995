// The one training loop.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sequent/train/config.h"
#include "sequent/train/train_events.h"

namespace sequent {

struct TrainResult {
  std::string model;  // directory of the best checkpoint
  std::int64_t parameters = 0;
  std::int64_t active_parameters = 0;  // that take part in one token
  std::int64_t steps = 0;
  std::int64_t tokens = 0;
  double seconds = 0;          // of its steps, validation and saving not counted
  double validation_loss = 0;  // of that checkpoint, on all held-out text
  double bits_per_byte = 0;
  std::int64_t peak_bytes = 0;
  double tokens_per_second = 0;
  bool interrupted = false;
};

/// `model`, `parameters`, `active_parameters`, `steps`, `tokens`, `seconds`, ...: what train --json prints.
nlohmann::json to_json(const TrainResult& result);

/// Trains as `config` says in a new run directory.
TrainResult train(TrainConfig config, const TrainEvents& events);

/// Continues the run in `directory` from its newest whole checkpoint, bit for bit as if it had not stopped.
TrainResult resume_training(const std::string& directory, const TrainEvents& events);

struct TrainEstimate {
  std::int64_t parameters = 0;
  std::int64_t active_parameters = 0;
  std::int64_t data_tokens = 0;  // of training text
  std::int64_t peak_bytes = 0;   // of tensors
  std::int64_t state_bytes = 0;  // of one sequence of `context` tokens, in float32
  double seconds_per_step = 0;
  double seconds = 0;  // of the whole run
  std::int64_t steps = 0;
};

/// What the run would take, from its configuration and a few trial batches on this machine; nothing is written but the
/// cache of tokenised text.
TrainEstimate estimate_training(TrainConfig config);

}  // namespace sequent
