// The gradient of one optimizer step: forward and backward over its batches, with states carried along documents where
// truncated back-propagation through time is asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/models/language_model.h"
#include "sequent/text/batches.h"

namespace sequent {

struct TrainingStepOptions {
  std::int64_t batch = 1;    // rows of a forward pass
  std::int64_t context = 1;  // tokens of a row
  std::int64_t batches = 1;  // of one step; their gradients are averaged
  bool carry_states = false;
  bool recompute_blocks = false;
  float dropout = 0.0f;
  std::uint64_t seed = 1;
};

class TrainingStep {
 public:
  /// The model's parameters must be flat, and it must outlive this.
  TrainingStep(const LanguageModel& model, const TokenView& text, const TrainingStepOptions& options);

  /// Fills the gradients for optimizer step number `step`, counted from 0, and returns the mean cross-entropy. A pure
  /// function of the weights, the step and, with carry_states, the states left by the step before. The gradients are
  /// those of the cross-entropy plus the auxiliary losses of layers of experts.
  double run(std::int64_t step);

  /// Mean over the batches of the last run of what was added to the cross-entropy; nothing when the model has no
  /// auxiliary losses.
  std::optional<double> auxiliary_loss() const { return auxiliary_loss_; }
  /// How the layers of experts were loaded in the last batch of the last run.
  std::vector<ExpertLoad> loads() const { return expert_loads(routing_); }

  std::int64_t tokens_per_step() const { return options_.batches * options_.batch * options_.context; }

  /// The first batch of a step, as run() sees it.
  Batch first_batch(std::int64_t step) const;

  /// Makes what is carried what it was before the first step.
  void reset();

  /// What is carried from step to step, one state per row of a batch; empty without carry_states.
  const std::vector<ModelState>& carried_states() const { return rows_; }
  std::vector<ModelState>& carried_states() { return rows_; }

 private:
  struct Losses {
    Var entropy;
    Var total;  // with the auxiliary losses
  };
  double run_batch(std::int64_t index);
  Losses losses_of(const Batch& batch, std::span<ModelState* const> states, std::uint64_t seed);
  Losses carried_losses(const ContinuingBatch& batch, std::uint64_t seed);

  const LanguageModel& model_;
  TrainingStepOptions options_;
  BatchSampler sampler_;
  std::optional<ContinuingReader> reader_;  // with carry_states
  std::vector<ModelState> rows_;
  std::optional<double> auxiliary_loss_;
  std::vector<Routing> routing_;
};

/// Finds the first output that is not finite among those that it observes (see ForwardOptions::observe).
class FirstNonFinite {
 public:
  /// To be called while this lives.
  std::function<void(std::string_view name, const Tensor& output)> observer();
  /// For an error message, for example "the output of layers.3.mixer"; empty if every output was finite.
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

/// Which part of the model first gave NaN or infinity on the batch of this step, for an error message, for example
/// "the output of layers.3.mixer"; empty if every output is finite.
std::string first_non_finite_output(const LanguageModel& model, const Batch& batch);
/// The first parameter whose gradient is not finite; empty if all are.
std::string first_non_finite_gradient(const Parameters& parameters);

}  // namespace sequent
