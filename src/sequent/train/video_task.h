// V-JEPA on video: predict, from what is seen of a clip, what a moving average of the encoder makes of the rest.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sequent/models/vjepa.h"
#include "sequent/train/online_probe.h"
#include "sequent/train/training_task.h"
#include "sequent/train/video_config.h"
#include "sequent/video/clip_loader.h"

namespace sequent {

class VideoTask : public TrainingTask {
 public:
  /// The model of `checkpoint`, or when that is empty the one that the settings ask for. `warn` is told, between steps,
  /// of videos that are skipped.
  VideoTask(const VideoTrainConfig& config, const std::filesystem::path& checkpoint,
            std::function<void(const std::string&)> warn = {});

  const Parameters& parameters() const override { return model_->parameters(); }
  std::int64_t active_parameters() const override { return parameters().count(); }
  std::int64_t state_bytes() const override { return 0; }
  UpdateSettings update_settings(std::int64_t step, std::int64_t steps) const override;
  std::vector<std::string> clipped_apart() const override { return {"encoder.", "predictor."}; }
  void updated(std::int64_t step, std::int64_t steps) override;
  void run(std::int64_t step, StepMetrics& metrics) override;
  void describe(StepMetrics& metrics) const override;
  std::int64_t tokens_per_step() const override { return clips_per_step() * model_->config().encoder.grid().tokens(); }
  std::int64_t clips_per_step() const override { return config_.batch * config_.clips; }
  std::int64_t training_tokens() const override;
  std::string first_non_finite_output(std::int64_t step) const override;
  void validate(StepMetrics& metrics) const override;
  /// The loss says nothing about a saved model: what it predicts moved with it.
  std::optional<Evaluation> validate_saved(const std::filesystem::path&) const override { return {}; }
  void save(const std::filesystem::path& directory) const override;

  const VJepa& model() const { return *model_; }
  const ClipDataset& dataset() const { return dataset_; }
  /// The masks of a step.
  std::vector<MaskPair> masks(std::int64_t step) const;

 private:
  void hand_on_warnings() const;

  VideoTrainConfig config_;
  std::unique_ptr<VJepa> model_;
  std::function<void(const std::string&)> warn_;
  mutable std::mutex mutex_;
  mutable std::vector<std::string> warnings_;  // of threads that decode, until the next step
  ClipDataset dataset_;
  std::unique_ptr<OnlineProbe> probe_;
  Tensor clips_;  // of the last step
  double context_share_ = 0;
  double seconds_ = 0;  // of all steps
  double weight_decay_ = 0;
  double momentum_ = 0;
  mutable ClipLoader loader_;  // last: its threads use what stands above
};

}  // namespace sequent
