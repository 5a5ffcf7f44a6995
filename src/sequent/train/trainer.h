// The one training loop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "sequent/base/function_ref.h"
#include "sequent/train/config.h"
#include "sequent/train/train_events.h"
#include "sequent/train/training_task.h"

namespace sequent {

struct TrainResult {
  std::string model;  // directory of the best checkpoint
  std::int64_t parameters = 0;
  std::int64_t active_parameters = 0;  // that take part in one token
  std::int64_t steps = 0;
  std::int64_t tokens = 0;
  std::int64_t clips = 0;      // of video
  double seconds = 0;          // of its steps, validation and saving not counted
  double validation_loss = 0;  // of that checkpoint, on all held-out text
  double bits_per_byte = 0;
  std::int64_t peak_bytes = 0;
  double tokens_per_second = 0;
  bool interrupted = false;
};

/// `model`, `parameters`, `active_parameters`, `steps`, `tokens`, `seconds`, ...: what train --json prints.
nlohmann::json to_json(const TrainResult& result);

/// A run as the loop sees it.
struct RunPlan {
  RunConfig config;
  /// The whole configuration as TOML, with the steps that a run by `minutes` turned out to have.
  std::function<std::string(std::int64_t steps)> toml;
  /// The task, from the model in `checkpoint` unless that is empty.
  std::function<std::unique_ptr<TrainingTask>(const std::filesystem::path& checkpoint)> task;
};

/// Of a run on text.
RunPlan text_run(TrainConfig config);

/// Trains in a new run directory.
TrainResult train(RunPlan plan, const TrainEvents& events);
TrainResult train(const TrainConfig& config, const TrainEvents& events);

/// Continues the run in `directory` from its newest whole checkpoint, bit for bit as if it had not stopped. `read`
/// makes a plan of the configuration that was saved; its directory is set here.
TrainResult resume_training(const std::string& directory, const TrainEvents& events,
                            FunctionRef<RunPlan(std::string_view toml, const std::string& file)> read);
/// Of a run on text.
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
TrainEstimate estimate_training(const TrainConfig& config);

}  // namespace sequent
