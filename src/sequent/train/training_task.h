// What a run trains: a model, its data and its objective, behind one interface. The loop in train/trainer.h steps,
// validates, saves and samples through it and knows nothing else of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sequent/checkpoint/safetensors.h"
#include "sequent/nn/parameters.h"
#include "sequent/train/evaluate.h"
#include "sequent/train/metrics.h"
#include "sequent/train/train_events.h"

namespace sequent {

/// What one update of the weights is made with.
struct UpdateSettings {
  double learning_rate = 0;
  double weight_decay = 0;
  double clip = 0;  // largest norm of a gradient; 0: none
};

class TrainingTask {
 public:
  virtual ~TrainingTask() = default;

  /// Of update number `step`, counted from 0, of `steps`.
  virtual UpdateSettings update_settings(std::int64_t step, std::int64_t steps) const = 0;
  /// Beginnings of names: the gradients of the parameters under each are clipped by themselves. None: all together.
  virtual std::vector<std::string> clipped_apart() const { return {}; }
  /// Called after update number `step` of `steps` has moved the weights.
  virtual void updated(std::int64_t, std::int64_t) {}

  /// Flat, for the optimizer.
  virtual const Parameters& parameters() const = 0;
  /// Number of parameters that take part in one token.
  virtual std::int64_t active_parameters() const = 0;
  /// Bytes of what the model remembers of one sequence as long as those of training.
  virtual std::int64_t state_bytes() const = 0;

  /// Fills the gradients for optimizer step number `step`, counted from 0, and sets in `metrics` what it measured, the
  /// loss among it. A pure function of the weights, the step and what carried() holds.
  virtual void run(std::int64_t step, StepMetrics& metrics) = 0;
  /// Adds to the metrics of the step just run what is worth computing only for a line of the log.
  virtual void describe(StepMetrics& metrics) const = 0;
  virtual std::int64_t tokens_per_step() const = 0;
  /// Clips of video; none in text.
  virtual std::int64_t clips_per_step() const { return 0; }
  /// Tokens there are to train on.
  virtual std::int64_t training_tokens() const = 0;

  /// Which part of the model first gives NaN or infinity in this step, for an error message; empty if none does.
  virtual std::string first_non_finite_output(std::int64_t step) const = 0;

  /// Sets what is measured beside training every now and then, such as the loss on some of the held-out data.
  virtual void validate(StepMetrics& metrics) const = 0;
  /// The loss of the model that was saved in a directory, on all held-out data; nothing when there are none.
  virtual std::optional<Evaluation> validate_saved(const std::filesystem::path& directory) const = 0;

  /// Writes the model and its tokenizer into an existing directory.
  virtual void save(const std::filesystem::path& directory) const = 0;
  /// What is carried from step to step beside the weights, to be kept in a checkpoint, and bringing it back.
  virtual std::vector<NamedTensor> carried() const { return {}; }
  virtual void restore(const TensorFile&) {}
  /// Forgets what is carried, as before the first step.
  virtual void reset() {}

  /// A text sample of the model as it is after step `step`; nothing when none is due or the caller wants none.
  virtual std::optional<std::string> sample(std::int64_t, const TrainEvents&) const { return {}; }
};

}  // namespace sequent
