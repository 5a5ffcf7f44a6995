#include "sequent/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "sequent/autograd/product_precision.h"
#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/stopwatch.h"
#include "sequent/models/model_directory.h"
#include "sequent/tensor/memory.h"
#include "sequent/train/objective.h"
#include "sequent/train/optimizer.h"
#include "sequent/train/run_directory.h"
#include "sequent/train/text_update.h"
#include "sequent/train/training_state.h"
#include "sequent/train/training_step.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

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
  Run(const RunPlan& plan, const fs::path& checkpoint)
      : config_(plan.config),
        task_(plan.task(checkpoint)),
        optimizer_(task_->parameters(), {.beta1 = static_cast<float>(config_.beta1),
                                         .beta2 = static_cast<float>(config_.beta2),
                                         .epsilon = static_cast<float>(config_.epsilon)}) {
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
    gradients(0, unused);
    const Stopwatch watch;
    constexpr int kTrials = 3;
    for (int i = 0; i < kTrials; ++i) gradients(i, unused);
    const double seconds = watch.seconds() / kTrials;
    task_->reset();
    return seconds;
  }

  void set_steps(std::int64_t steps) { config_.steps = steps; }

  TrainResult train(RunDirectory& directory, const TrainEvents& events);

 private:
  static constexpr const char* kStateFile = "training_state.safetensors";

  /// The task's step in the precision asked for; everything else is in float32.
  void gradients(std::int64_t step, StepMetrics& metrics) {
    const ProductPrecisionScope scope(product_precision_of("precision", config_.precision));
    task_->run(step, metrics);
  }
  void one_step(StepMetrics& metrics);
  /// Clips what is clipped apart; returns the factor for all gradients.
  float clip(double limit, double norm) const;
  void save(RunDirectory& directory, std::optional<double> validation_loss) const;
  void sample(const RunDirectory& directory, const TrainEvents& events) const;
  TrainResult finish(const RunDirectory& directory, bool interrupted) const;
  [[noreturn]] void stop_non_finite(const std::string& what, const std::string& culprit) const;

  RunConfig config_;
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
  gradients(progress_.step, metrics);
  if (!std::isfinite(*metrics.loss)) {
    stop_non_finite(fmt::format("the loss is {}", *metrics.loss), task_->first_non_finite_output(progress_.step));
  }
  const double norm = gradient_norm(task_->parameters());
  if (!std::isfinite(norm)) {
    stop_non_finite(fmt::format("the norm of the gradient is {}", norm),
                    first_non_finite_gradient(task_->parameters()));
  }
  const UpdateSettings update = task_->update_settings(progress_.step, config_.steps);
  optimizer_.set_weight_decay(static_cast<float>(update.weight_decay));
  optimizer_.step(static_cast<float>(update.learning_rate), clip(update.clip, norm));
  task_->updated(progress_.step, config_.steps);
  ++progress_.step;
  progress_.tokens += task_->tokens_per_step();
  metrics.step = progress_.step;
  metrics.tokens = progress_.tokens;
  metrics.lr = update.learning_rate;
  metrics.grad_norm = norm;
}

float Run::clip(double limit, double norm) const {
  const std::vector<std::string> groups = task_->clipped_apart();
  if (limit > 0 && !groups.empty()) clip_apart(task_->parameters(), groups, limit);
  return limit > 0 && groups.empty() && norm > limit ? static_cast<float>(limit / norm) : 1.0f;
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
  const std::optional<std::string> sample = task_->sample(progress_.step, events);
  if (!sample) return;
  const std::string text = fmt::format("step {}: {}\n", progress_.step, *sample);
  FileWriter file(directory.path() + "/samples.txt", FileWriter::Mode::append);
  file.write(text);
  file.flush();
  if (events.message) events.message(text);
}

TrainResult Run::train(RunDirectory& directory, const TrainEvents& events) {
  if (config_.precision == "bf16" && !kernels::multiplies_bfloat16() && events.message) {
    events.message("precision: this processor does not multiply bfloat16; with f32 the run would be faster");
  }
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
    if (task_->clips_per_step() > 0) {
      metrics.clips_per_second = *metrics.tokens_per_second * static_cast<double>(task_->clips_per_step()) /
                                 static_cast<double>(task_->tokens_per_step());
    }
    progress_.seconds += seconds;
    metrics.seconds = progress_.seconds;
    const std::int64_t step = progress_.step;
    const bool last = step == config_.steps;
    if (step % eval_every == 0 || last) task_->validate(metrics);
    if (step % config_.log_every == 0 || last || metrics.val_loss || metrics.probe_accuracy) {
      task_->describe(metrics);
      log.add(metrics);
    }
    if (events.step) events.step(metrics);
    sample(directory, events);
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
  result.clips = progress_.step * task_->clips_per_step();
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
          {"clips", result.clips},
          {"seconds", result.seconds},
          {"tokens_per_second", result.tokens_per_second},
          {"val_loss", result.validation_loss},
          {"bits_per_byte", result.bits_per_byte},
          {"peak_bytes", result.peak_bytes},
          {"interrupted", result.interrupted}};
}

RunPlan text_run(TrainConfig config) {
  config.validate();
  text_update(config, 0, config.steps);  // refuses a wrong schedule before any work is done
  return {.config = config,
          .toml =
              [config](std::int64_t steps) mutable {
                config.steps = steps;
                return to_toml(config.fields());
              },
          .task = [config](const fs::path& checkpoint) { return objective_of(config).make(config, checkpoint); }};
}

TrainResult train(RunPlan plan, const TrainEvents& events) {
  memory::reset_peak();
  Run run(plan, {});
  if (plan.config.steps == 0) {
    plan.config.steps = std::max<std::int64_t>(1, std::llround(plan.config.minutes * 60 / run.trial_seconds()));
    run.set_steps(plan.config.steps);
  }
  RunDirectory directory = RunDirectory::create(plan.config.out, plan.toml(plan.config.steps));
  return run.train(directory, events);
}

TrainResult train(const TrainConfig& config, const TrainEvents& events) {
  return train(text_run(config), events);
}

TrainResult resume_training(const std::string& path, const TrainEvents& events,
                            FunctionRef<RunPlan(std::string_view toml, const std::string& file)> read) {
  memory::reset_peak();
  RunDirectory directory = RunDirectory::open(path);
  RunPlan plan = read(directory.config(), directory.config_path());
  plan.config.out = path;
  std::vector<std::string> damaged;
  const std::optional<Checkpoint> checkpoint = directory.latest_checkpoint(&damaged);
  if (events.message) {
    for (const std::string& sentence : damaged) events.message(sentence);
  }
  directory.rewind(checkpoint ? checkpoint->step : 0);
  Run run(plan, checkpoint ? fs::path(checkpoint->directory) : fs::path());
  return run.train(directory, events);
}

TrainResult resume_training(const std::string& path, const TrainEvents& events) {
  return resume_training(path, events, [&](std::string_view toml, const std::string& file) {
    TrainConfig config;
    read_toml(config.fields(), toml, file);
    config.out = path;
    return text_run(config);
  });
}

TrainEstimate estimate_training(const TrainConfig& config) {
  memory::reset_peak();
  Run run(text_run(config), {});
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
