// Training a language model: every token from those before it.
#pragma once

#include "sequent/models/model_directory.h"
#include "sequent/train/text_update.h"
#include "sequent/train/training_data.h"
#include "sequent/train/training_step.h"
#include "sequent/train/training_task.h"

namespace sequent {

class LanguageModelTask : public TrainingTask {
 public:
  /// The model of `checkpoint`, or when that is empty the one that the settings ask for.
  LanguageModelTask(const TrainConfig& config, const std::filesystem::path& checkpoint);

  const Parameters& parameters() const override { return loaded_.model->parameters(); }
  std::int64_t active_parameters() const override { return loaded_.model->active_parameters(); }
  std::int64_t state_bytes() const override { return loaded_.model->state_bytes(config_.context); }
  UpdateSettings update_settings(std::int64_t step, std::int64_t steps) const override {
    return text_update(config_, step, steps);
  }
  void run(std::int64_t step, StepMetrics& metrics) override;
  void describe(StepMetrics& metrics) const override { metrics.moe = step_.loads(); }
  std::int64_t tokens_per_step() const override { return step_.tokens_per_step(); }
  std::int64_t training_tokens() const override { return data_.training.size(); }
  std::string first_non_finite_output(std::int64_t step) const override;
  void validate(StepMetrics& metrics) const override;
  std::optional<Evaluation> validate_saved(const std::filesystem::path& directory) const override;
  void save(const std::filesystem::path& directory) const override;
  std::vector<NamedTensor> carried() const override;
  void restore(const TensorFile& file) override;
  void reset() override { step_.reset(); }
  std::optional<std::string> sample(std::int64_t step, const TrainEvents& events) const override;

 private:
  std::optional<Evaluation> evaluate_on_held_out(const LanguageModel& model, std::int64_t tokens) const;

  TrainConfig config_;
  TrainingData data_;
  LoadedModel loaded_;
  TrainingStep step_;
};

}  // namespace sequent
