// Training an encoder-decoder to fill in blanks (see text/span_corruption.h).
#pragma once

#include "sequent/models/encoder_decoder_directory.h"
#include "sequent/text/span_batches.h"
#include "sequent/train/text_update.h"
#include "sequent/train/training_data.h"
#include "sequent/train/training_task.h"

namespace sequent {

class SpanCorruptionTask : public TrainingTask {
 public:
  /// The model of `checkpoint`, or when that is empty the one that the settings ask for. The tokenizer gets sentinels
  /// if it has none. A row of a batch is as much text as has `context` tokens when it is corrupted.
  SpanCorruptionTask(const TrainConfig& config, const std::filesystem::path& checkpoint);

  const Parameters& parameters() const override { return loaded_.model->parameters(); }
  std::int64_t active_parameters() const override { return loaded_.model->active_parameters(); }
  std::int64_t state_bytes() const override { return loaded_.model->state_bytes(config_.context, config_.context); }
  UpdateSettings update_settings(std::int64_t step, std::int64_t steps) const override {
    return text_update(config_, step, steps);
  }
  void run(std::int64_t step, StepMetrics& metrics) override;
  void describe(StepMetrics& metrics) const override { metrics.moe = expert_loads(routing_); }
  std::int64_t tokens_per_step() const override { return config_.accumulate * config_.batch * row_; }
  std::int64_t training_tokens() const override { return data_.training.size(); }
  std::string first_non_finite_output(std::int64_t step) const override;
  void validate(StepMetrics& metrics) const override;
  std::optional<Evaluation> validate_saved(const std::filesystem::path& directory) const override;
  void save(const std::filesystem::path& directory) const override;
  std::optional<std::string> sample(std::int64_t step, const TrainEvents& events) const override;

  /// Batch number `index` of the run: a pure function of the text, the settings and the number.
  EncoderDecoderBatch batch(std::int64_t index) const;

 private:
  std::optional<Evaluation> evaluate_on_held_out(const EncoderDecoder& model, std::int64_t tokens) const;

  TrainConfig config_;
  TrainingData data_;
  LoadedEncoderDecoder loaded_;
  SpanMarks marks_;
  std::int64_t row_;  // tokens of text in a row of a batch
  BatchSampler sampler_;
  std::vector<Routing> routing_;  // of the last batch
};

}  // namespace sequent
