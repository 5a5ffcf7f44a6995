// What a run measured, step by step: one JSON object per line in metrics.jsonl, and the same numbers for TensorBoard.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sequent/base/files.h"
#include "sequent/nn/routing.h"
#include "sequent/train/tensorboard.h"

namespace sequent {

/// One logged step. The member names are the keys; what is not set is not written.
struct StepMetrics {
  std::int64_t step = 0;                    // updates done
  std::optional<std::int64_t> tokens = {};  // seen since the run began
  std::optional<double> loss = {};          // nats per token
  std::optional<double> aux_loss = {};      // added to it for the gradient: the routers' losses
  std::optional<double> val_loss = {};
  std::optional<double> lr = {};
  std::optional<double> grad_norm = {};
  std::optional<double> tokens_per_second = {};
  std::optional<double> seconds = {};  // of steps since the run began, validation and saving not counted
  // Of video: speed and what it waits for, and whether features collapse (docs/vjepa.md).
  std::optional<double> clips_per_second = {};
  std::optional<double> data_wait = {};  // share of the time in which decoding was waited for
  std::optional<double> feature_std = {};
  std::optional<double> effective_rank = {};
  std::optional<double> target_norm = {};
  std::optional<double> token_cosine = {};
  std::optional<double> context_share = {};  // of the tokens
  std::optional<double> weight_decay = {};
  std::optional<double> momentum = {};
  std::optional<double> probe_accuracy = {};
  std::optional<std::int64_t> skipped_videos = {};
  std::vector<ExpertLoad> moe = {};
};

/// One line of metrics.jsonl, without its end. Numbers that are not finite become null: JSON has none.
std::string to_json_line(const StepMetrics& metrics);

class MetricsLog {
 public:
  /// Appends to metrics.jsonl and begins a new event file in `directory`. `finished_steps` is where the run stands: 0
  /// for a fresh one, the step of the checkpoint when resuming.
  MetricsLog(const std::string& directory, std::int64_t finished_steps);
  /// Hands the line to the system at once: killing the process loses nothing logged before.
  void add(const StepMetrics& metrics);
  /// Brings the lines to the disk; call before a checkpoint is saved, so that the log never lags behind it.
  void sync() { lines_.sync(); }

 private:
  FileWriter lines_;
  TensorBoardWriter tensorboard_;
};

/// Keeps the lines of metrics.jsonl whose step is at most `step`; a torn line, as a killed process leaves at the end,
/// is dropped too. No file is fine.
void cut_metrics(const std::string& path, std::int64_t step);

}  // namespace sequent
