// A run on disk: config.toml, metrics.jsonl, TensorBoard events, checkpoints/step-N/, and the links `latest` and
// `best`. At any instant the process may be killed or the disk fill up: what is under its final name is whole.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/base/function_ref.h"

namespace sequent {

struct Checkpoint {
  std::int64_t step = 0;
  std::string directory;
  std::optional<double> validation_loss;
};

/// Holds the directory for this process alone while it lives.
class RunDirectory {
 public:
  /// Makes the directory for a fresh run and writes config.toml. A directory that already holds a run is an Error.
  static RunDirectory create(const std::string& path, std::string_view config);
  /// Opens the directory of a run to continue it, and removes what a killed process left half-written. Errors: no run
  /// here, or another process is using it.
  static RunDirectory open(const std::string& path);

  const std::string& path() const { return path_; }
  std::string config_path() const;
  std::string metrics_path() const;
  /// The text of config.toml.
  std::string config() const;

  /// The newest whole checkpoint, every file compared with its manifest; none if the run has none. When a newer one
  /// is damaged: with `damaged` given, it is passed over and its sentence added there; without, that is an Error:
  /// "checkpoint: FILE is damaged (REASON); step-100 is the newest whole one". Damaged ones with no whole one left are
  /// always an Error.
  std::optional<Checkpoint> latest_checkpoint(std::vector<std::string>* damaged = nullptr) const;
  std::optional<Checkpoint> best_checkpoint() const { return best_; }

  /// Makes the directory what it was when `step` had been finished: later lines of metrics.jsonl go, later (so damaged)
  /// checkpoints are renamed to damaged-step-N, and `latest` and `best` point at what is left. Call on resuming.
  void rewind(std::int64_t step);

  /// Saves checkpoints/step-N: `write` fills a directory under a temporary name, which is sealed with a manifest,
  /// brought to the disk and renamed; then `latest` (and `best`, when the validation loss is the lowest so far)
  /// points at it, and all but the `keep_last` newest and the best are removed. When `write` or the disk fails,
  /// nothing has changed. An existing checkpoint of the same step is replaced.
  Checkpoint save_checkpoint(std::int64_t step, FunctionRef<void(const std::string& directory)> write,
                             std::optional<double> validation_loss = {}, int keep_last = 3);

  /// Steps of the checkpoints present, whole or not, ascending.
  std::vector<std::int64_t> steps() const;

 private:
  explicit RunDirectory(const std::string& path);
  std::string checkpoints_path() const;
  std::string checkpoint_path(std::int64_t step) const;
  void find_best();
  void point(const std::string& link, const std::optional<Checkpoint>& checkpoint) const;
  void prune(int keep_last) const;

  std::string path_;
  std::shared_ptr<const void> lock_;
  std::optional<Checkpoint> best_;
};

}  // namespace sequent
