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

class TrainingTask {
 public:
  virtual ~TrainingTask() = default;

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
  /// Tokens of text there are to train on.
  virtual std::int64_t training_tokens() const = 0;

  /// Which part of the model first gives NaN or infinity in this step, for an error message; empty if none does.
  virtual std::string first_non_finite_output(std::int64_t step) const = 0;

  /// On the first `tokens` held-out tokens, or all with 0; nothing when no text is held out.
  virtual std::optional<Evaluation> validate(std::int64_t tokens) const = 0;
  /// The same with the model that was saved in a directory, on all held-out text.
  virtual std::optional<Evaluation> validate_saved(const std::filesystem::path& directory) const = 0;

  /// Writes the model and its tokenizer into an existing directory.
  virtual void save(const std::filesystem::path& directory) const = 0;
  /// What is carried from step to step beside the weights, to be kept in a checkpoint, and bringing it back.
  virtual std::vector<NamedTensor> carried() const { return {}; }
  virtual void restore(const TensorFile&) {}
  /// Forgets what is carried, as before the first step.
  virtual void reset() {}

  /// A text sample of the model as it is; nothing when the caller wants none.
  virtual std::optional<std::string> sample(const TrainEvents& events) const = 0;
};

}  // namespace sequent
