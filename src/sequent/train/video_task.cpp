#include "sequent/train/video_task.h"

#include <algorithm>
#include <utility>

#include "sequent/autograd/tape.h"
#include "sequent/base/stopwatch.h"
#include "sequent/models/vjepa_directory.h"
#include "sequent/train/feature_statistics.h"
#include "sequent/train/training_step.h"
#include "sequent/train/video_update.h"

namespace sequent {
namespace {

std::unique_ptr<VJepa> model_of(const VideoTrainConfig& config, const std::filesystem::path& checkpoint) {
  std::unique_ptr<VJepa> model;
  if (checkpoint.empty()) {
    const auto fresh = fresh_parameters(static_cast<std::uint64_t>(config.seed));
    model = std::make_unique<VJepa>(config.model(), *fresh);
    model->reset_target();
  } else {
    model = load_vjepa(checkpoint);
  }
  model->parameters().flatten();
  return model;
}

std::unique_ptr<OnlineProbe> probe_of(const VideoTrainConfig& config) {
  if (config.probe.empty()) return nullptr;
  return std::make_unique<OnlineProbe>(
      VideoList::open(config.probe), ClipSampling{.frames = config.frames, .stride = config.stride}, config.image_size);
}

}  // namespace

VideoTask::VideoTask(const VideoTrainConfig& config, const std::filesystem::path& checkpoint,
                     std::function<void(const std::string&)> warn)
    : config_(config),
      model_(model_of(config, checkpoint)),
      warn_(std::move(warn)),
      dataset_(VideoList::open(config.data), config.clip_settings(),
               [this](const std::string& warning) {
                 const std::lock_guard lock(mutex_);
                 warnings_.push_back(warning);
               }),
      probe_(probe_of(config)),
      loader_(dataset_, {.batch = config.batch, .threads = static_cast<int>(config.workers)}) {}

UpdateSettings VideoTask::update_settings(std::int64_t step, std::int64_t steps) const {
  return video_update(config_, step, steps);
}

void VideoTask::updated(std::int64_t step, std::int64_t steps) {
  weight_decay_ = video_update(config_, step, steps).weight_decay;
  momentum_ = target_momentum(config_, step, steps);
  model_->update_target(static_cast<float>(momentum_));
}

std::vector<MaskPair> VideoTask::masks(std::int64_t step) const {
  return sample_masks(config_.mask_generators(), model_->config().encoder.grid(), clips_per_step(),
                      static_cast<std::uint64_t>(config_.seed), step);
}

void VideoTask::run(std::int64_t step, StepMetrics& metrics) {
  const Stopwatch watch;
  clips_ = loader_.batch(step).clips;
  hand_on_warnings();
  parameters().clear_gradients();
  const std::vector<MaskPair> pairs = masks(step);
  Tape tape;
  const VJepa::Step result = model_->step(clips_, pairs, 1.0f, {.recompute_blocks = config_.recompute, .observe = {}});
  tape.backward(result.loss);
  metrics.loss = static_cast<double>(result.loss.value().floats()[0]);
  context_share_ = static_cast<double>(result.context_sets.tokens()) /
                   static_cast<double>(tokens_per_step() * static_cast<std::int64_t>(pairs.size()));
  seconds_ += watch.seconds();
}

void VideoTask::describe(StepMetrics& metrics) const {
  // A few clips say enough.
  constexpr std::int64_t kClips = 4;
  const Tape::Pause pause;
  const Tensor features = model_->features().forward(clips_.slice(0, std::min(kClips, clips_.size(0)))).value();
  const FeatureStatistics statistics = feature_statistics(features);
  metrics.feature_std = statistics.deviation;
  metrics.effective_rank = statistics.effective_rank;
  metrics.target_norm = statistics.norm;
  metrics.token_cosine = statistics.cosine;
  metrics.context_share = context_share_;
  metrics.weight_decay = weight_decay_;
  if (config_.target == "features") metrics.momentum = momentum_;
  metrics.data_wait = loader_.waited_seconds() / std::max(seconds_, 1e-9);
  metrics.skipped_videos = dataset_.skipped();
}

std::int64_t VideoTask::training_tokens() const {
  return dataset_.size() * config_.clips * model_->config().encoder.grid().tokens();
}

std::string VideoTask::first_non_finite_output(std::int64_t step) const {
  FirstNonFinite culprit;
  const Tape::Pause pause;
  model_->step(loader_.batch(step).clips, masks(step), 1.0f, {.observe = culprit.observer()});
  return culprit.name();
}

void VideoTask::validate(StepMetrics& metrics) const {
  if (probe_) metrics.probe_accuracy = probe_->accuracy(model_->features());
}

void VideoTask::save(const std::filesystem::path& directory) const {
  save_vjepa(directory, *model_);
}

void VideoTask::hand_on_warnings() const {
  std::vector<std::string> warnings;
  {
    const std::lock_guard lock(mutex_);
    warnings.swap(warnings_);
  }
  if (!warn_) return;
  for (const std::string& warning : warnings) warn_(warning);
}

}  // namespace sequent
