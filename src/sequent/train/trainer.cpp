#include "sequent/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/stopwatch.h"
#include "sequent/models/model_directory.h"
#include "sequent/tensor/memory.h"
#include "sequent/train/objective.h"
#include "sequent/train/optimizer.h"
#include "sequent/train/run_directory.h"
#include "sequent/train/schedule.h"
#include "sequent/train/training_state.h"
#include "sequent/train/training_step.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

Schedule schedule_of(const TrainConfig& config) {
  return Schedule({.name = config.schedule,
                   .peak = config.lr,
                   .steps = std::max<std::int64_t>(config.steps, 1),  // 0 until a run by `minutes` is timed
                   // A short run still spends most of its steps at a useful rate.
                   .warmup_steps = std::min(config.warmup, config.steps / 10),
                   .minimum_fraction = config.min_lr,
                   .decay_share = config.decay});
}

/// Training speed of the last few steps, validation and saving not counted.
class Speed {
 public:
  double after(std::int64_t tokens, double seconds) {
    // A moving average over about the last second, so that the display is steady at any step time.
    seconds = std::max(seconds, 1e-9);
    const double keep = std::exp(-seconds);
    seconds_ = keep * seconds_ + seconds;
    tokens_ = keep * tokens_ + static_cast<double>(tokens);
    return tokens_ / seconds_;
  }

 private:
  double seconds_ = 0;
  double tokens_ = 0;
};

/// A task on its way through the steps.
class Run {
 public:
  /// A fresh run, or one that starts from a checkpoint's directory.
  Run(const TrainConfig& config, const fs::path& checkpoint)
      : config_(config),
        task_(objective_of(config).make(config, checkpoint)),
        optimizer_(task_->parameters(), {.beta1 = static_cast<float>(config.beta1),
                                         .beta2 = static_cast<float>(config.beta2),
                                         .epsilon = static_cast<float>(config.epsilon),
                                         .weight_decay = static_cast<float>(config.weight_decay)}) {
    if (checkpoint.empty()) return;
    progress_ =
        load_training_state(checkpoint / kStateFile, optimizer_, [&](const TensorFile& file) { task_->restore(file); });
    saved_ = true;
  }

  const TrainingTask& task() const { return *task_; }

  /// Seconds of one step's forward and backward pass with everything warm, before the first step. The weights are not
  /// touched.
  double trial_seconds() {
    StepMetrics unused;
    task_->run(0, unused);
    const Stopwatch watch;
    constexpr int kTrials = 3;
    for (int i = 0; i < kTrials; ++i) task_->run(i, unused);
    const double seconds = watch.seconds() / kTrials;
    task_->reset();
    return seconds;
  }

  void set_steps(std::int64_t steps) { config_.steps = steps; }

  TrainResult train(RunDirectory& directory, const TrainEvents& events);

 private:
  static constexpr const char* kStateFile = "training_state.safetensors";

  void one_step(StepMetrics& metrics);
  void save(RunDirectory& directory, std::optional<double> validation_loss) const;
  void sample(const RunDirectory& directory, const TrainEvents& events) const;
  TrainResult finish(const RunDirectory& directory, bool interrupted) const;
  [[noreturn]] void stop_non_finite(const std::string& what, const std::string& culprit) const;

  TrainConfig config_;
  std::unique_ptr<TrainingTask> task_;
  AdamW optimizer_;
  TrainingProgress progress_;
  bool saved_ = false;  // whether there is a checkpoint to go back to
};

void Run::stop_non_finite(const std::string& what, const std::string& culprit) const {
  fail("{} at step {}, first seen in {}; {} with a lower lr or clip{}", what, progress_.step + 1,
       culprit.empty() ? "the loss itself" : culprit, saved_ ? "the last checkpoint is good: resume" : "start again",
       saved_ ? " in " + config_.out + "/config.toml" : "");
}

void Run::one_step(StepMetrics& metrics) {
  task_->run(progress_.step, metrics);
  if (!std::isfinite(*metrics.loss)) {
    stop_non_finite(fmt::format("the loss is {}", *metrics.loss), task_->first_non_finite_output(progress_.step));
  }
  const double norm = gradient_norm(task_->parameters());
  if (!std::isfinite(norm)) {
    stop_non_finite(fmt::format("the norm of the gradient is {}", norm),
                    first_non_finite_gradient(task_->parameters()));
  }
  const double rate = schedule_of(config_).learning_rate(progress_.step);
  const bool clipped = config_.clip > 0 && norm > config_.clip;
  optimizer_.step(static_cast<float>(rate), clipped ? static_cast<float>(config_.clip / norm) : 1.0f);
  ++progress_.step;
  progress_.tokens += task_->tokens_per_step();
  metrics.step = progress_.step;
  metrics.tokens = progress_.tokens;
  metrics.lr = rate;
  metrics.grad_norm = norm;
}

void Run::save(RunDirectory& directory, std::optional<double> validation_loss) const {
  directory.save_checkpoint(
      progress_.step,
      [&](const std::string& path) {
        task_->save(path);
        save_training_state(fs::path(path) / kStateFile, progress_, optimizer_, task_->carried());
      },
      validation_loss, static_cast<int>(config_.keep));
}

void Run::sample(const RunDirectory& directory, const TrainEvents& events) const {
  const std::optional<std::string> sample = task_->sample(events);
  if (!sample) return;
  const std::string text = fmt::format("step {}: {}\n", progress_.step, *sample);
  FileWriter file(directory.path() + "/samples.txt", FileWriter::Mode::append);
  file.write(text);
  file.flush();
  if (events.message) events.message(text);
}

TrainResult Run::train(RunDirectory& directory, const TrainEvents& events) {
  const std::int64_t tenth = std::max<std::int64_t>(1, config_.steps / 10);
  const std::int64_t eval_every = config_.eval_every > 0 ? config_.eval_every : tenth;
  const std::int64_t save_every = config_.save_every > 0 ? config_.save_every : eval_every;
  const auto stopped = [&] { return events.stop && events.stop->load(); };
  if (events.begin) events.begin(progress_.step, config_.steps, task_->parameters().count());
  MetricsLog log(directory.path(), progress_.step);
  Speed speed;
  while (progress_.step < config_.steps && !stopped()) {
    StepMetrics metrics;
    const Stopwatch watch;
    one_step(metrics);
    const double seconds = watch.seconds();
    metrics.tokens_per_second = speed.after(task_->tokens_per_step(), seconds);
    progress_.seconds += seconds;
    metrics.seconds = progress_.seconds;
    const std::int64_t step = progress_.step;
    const bool last = step == config_.steps;
    if (step % eval_every == 0 || last) {
      if (const auto evaluation = task_->validate(config_.eval_tokens)) metrics.val_loss = evaluation->loss;
    }
    if (step % config_.log_every == 0 || last || metrics.val_loss) {
      task_->describe(metrics);
      log.add(metrics);
    }
    if (events.step) events.step(metrics);
    if (config_.sample_every > 0 && step % config_.sample_every == 0) sample(directory, events);
    if (step % save_every == 0 || last || stopped()) {
      log.sync();
      save(directory, metrics.val_loss);
      saved_ = true;
    }
  }
  return finish(directory, progress_.step < config_.steps);
}

TrainResult Run::finish(const RunDirectory& directory, bool interrupted) const {
  TrainResult result;
  result.model = find_model_directory(directory.path()).string();
  result.parameters = task_->parameters().count();
  result.active_parameters = task_->active_parameters();
  result.steps = progress_.step;
  result.tokens = progress_.tokens;
  result.seconds = progress_.seconds;
  result.tokens_per_second = static_cast<double>(progress_.tokens) / std::max(progress_.seconds, 1e-9);
  result.peak_bytes = memory::peak_bytes();
  result.interrupted = interrupted;
  if (interrupted) return result;
  // The best checkpoint, on all held-out text.
  if (const auto evaluation = task_->validate_saved(result.model)) {
    result.validation_loss = evaluation->loss;
    result.bits_per_byte = evaluation->bits_per_byte();
  }
  return result;
}

}  // namespace

nlohmann::json to_json(const TrainResult& result) {
  return {{"model", result.model},
          {"parameters", result.parameters},
          {"active_parameters", result.active_parameters},
          {"steps", result.steps},
          {"tokens", result.tokens},
          {"seconds", result.seconds},
          {"tokens_per_second", result.tokens_per_second},
          {"val_loss", result.validation_loss},
          {"bits_per_byte", result.bits_per_byte},
          {"peak_bytes", result.peak_bytes},
          {"interrupted", result.interrupted}};
}

TrainResult train(TrainConfig config, const TrainEvents& events) {
  config.validate();
  schedule_of(config);  // refuses what is wrong with it before any work is done
  memory::reset_peak();
  Run run(config, {});
  if (config.steps == 0) {
    config.steps = std::max<std::int64_t>(1, std::llround(config.minutes * 60 / run.trial_seconds()));
    run.set_steps(config.steps);
  }
  RunDirectory directory = RunDirectory::create(config.out, to_toml(config.fields()));
  return run.train(directory, events);
}

TrainResult resume_training(const std::string& path, const TrainEvents& events) {
  memory::reset_peak();
  RunDirectory directory = RunDirectory::open(path);
  TrainConfig config;
  read_toml(config, directory.config(), directory.config_path());
  config.out = path;
  std::vector<std::string> damaged;
  const std::optional<Checkpoint> checkpoint = directory.latest_checkpoint(&damaged);
  if (events.message) {
    for (const std::string& sentence : damaged) events.message(sentence);
  }
  directory.rewind(checkpoint ? checkpoint->step : 0);
  Run run(config, checkpoint ? fs::path(checkpoint->directory) : fs::path());
  return run.train(directory, events);
}

TrainEstimate estimate_training(TrainConfig config) {
  config.validate();
  memory::reset_peak();
  Run run(config, {});
  TrainEstimate estimate;
  estimate.seconds_per_step = run.trial_seconds();
  estimate.parameters = run.task().parameters().count();
  estimate.active_parameters = run.task().active_parameters();
  estimate.data_tokens = run.task().training_tokens();
  estimate.peak_bytes = memory::peak_bytes();
  estimate.state_bytes = run.task().state_bytes();
  estimate.steps = config.steps > 0 ? config.steps : std::llround(config.minutes * 60 / estimate.seconds_per_step);
  estimate.seconds = estimate.seconds_per_step * static_cast<double>(estimate.steps);
  return estimate;
}

}  // namespace sequent
