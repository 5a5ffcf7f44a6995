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
#include "sequent/text/corpus.h"
#include "sequent/text/dataset.h"
#include "sequent/train/evaluate.h"
#include "sequent/train/optimizer.h"
#include "sequent/train/run_directory.h"
#include "sequent/train/schedule.h"
#include "sequent/train/training_state.h"
#include "sequent/train/training_step.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

TokenDataset dataset_of(const TrainConfig& config, const Tokenizer& tokenizer) {
  const std::vector<fs::path> paths(config.data.begin(), config.data.end());
  const std::string cache = config.cache.empty() ? config.out + "/cache" : config.cache;
  return TokenDataset::open(Corpus(paths), tokenizer, cache);
}

LoadedModel model_of(const TrainConfig& config, const Tokenizer& tokenizer, const fs::path& checkpoint) {
  if (!checkpoint.empty()) return load_model(checkpoint);
  if (!config.init_from.empty()) return load_model(find_model_directory(config.init_from));
  const LanguageModelConfig model =
      new_model_config(config.arch, config.dimensions(tokenizer.vocabulary_size(), tokenizer.end_of_text()));
  const auto fresh = fresh_parameters(static_cast<std::uint64_t>(config.seed));
  return {&layout_for(model), std::make_unique<LanguageModel>(model, *fresh)};
}

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

/// Everything a run is made of, in the order of construction.
class Run {
 public:
  /// A fresh run, or one that starts from a checkpoint's directory.
  Run(const TrainConfig& config, const fs::path& checkpoint)
      : config_(config),
        tokenizer_(tokenizer_of(config)),
        dataset_(dataset_of(config, tokenizer_)),
        split_(dataset_.split(config.held_out)),
        loaded_(model_of(config, tokenizer_, checkpoint)),
        flat_(flatten(*loaded_.model)),
        optimizer_(flat_, {.beta1 = static_cast<float>(config.beta1),
                           .beta2 = static_cast<float>(config.beta2),
                           .epsilon = static_cast<float>(config.epsilon),
                           .weight_decay = static_cast<float>(config.weight_decay)}),
        step_(*loaded_.model, split_.first,
              {.batch = config.batch,
               .context = config.context,
               .batches = config.accumulate,
               .carry_states = config.tbptt,
               .recompute_blocks = config.recompute,
               .dropout = static_cast<float>(config.dropout),
               .seed = static_cast<std::uint64_t>(config.seed)}) {
    check(loaded_.model->config().vocabulary >= tokenizer_.vocabulary_size(),
          "the tokenizer has {} tokens but the model's vocabulary only {}", tokenizer_.vocabulary_size(),
          loaded_.model->config().vocabulary);
    if (!checkpoint.empty()) {
      progress_ = load_training_state(checkpoint / kStateFile, optimizer_, step_.carried_states());
      saved_ = true;
    }
  }

  const LanguageModel& model() const { return *loaded_.model; }
  std::int64_t training_tokens() const { return split_.first.size(); }

  /// Seconds of one step's forward and backward pass with everything warm. The weights are not touched.
  double trial_seconds() {
    const std::vector<ModelState> carried = step_.carried_states();
    step_.run(0);
    const Stopwatch watch;
    constexpr int kTrials = 3;
    for (int i = 0; i < kTrials; ++i) step_.run(i);
    const double seconds = watch.seconds() / kTrials;
    step_.carried_states() = carried;
    return seconds;
  }

  void set_steps(std::int64_t steps) { config_.steps = steps; }

  TrainResult train(RunDirectory& directory, const TrainEvents& events);

 private:
  static constexpr const char* kStateFile = "training_state.safetensors";

  static const Parameters& flatten(LanguageModel& model) {
    model.parameters().flatten();
    return model.parameters();
  }

  void one_step(StepMetrics& metrics);
  std::optional<Evaluation> validate(std::int64_t tokens) const;
  void save(RunDirectory& directory, std::optional<double> validation_loss) const;
  void sample(const RunDirectory& directory, const TrainEvents& events) const;
  TrainResult finish(const RunDirectory& directory, bool interrupted) const;
  [[noreturn]] void stop_non_finite(const std::string& what, const std::string& culprit) const;

  TrainConfig config_;
  Tokenizer tokenizer_;
  TokenDataset dataset_;
  std::pair<TokenView, TokenView> split_;
  LoadedModel loaded_;
  const Parameters& flat_;
  AdamW optimizer_;
  TrainingStep step_;
  TrainingProgress progress_;
  bool saved_ = false;  // whether there is a checkpoint to go back to
};

void Run::stop_non_finite(const std::string& what, const std::string& culprit) const {
  fail("{} at step {}, first seen in {}; {} with a lower lr or clip{}", what, progress_.step + 1,
       culprit.empty() ? "the loss itself" : culprit, saved_ ? "the last checkpoint is good: resume" : "start again",
       saved_ ? " in " + config_.out + "/config.toml" : "");
}

void Run::one_step(StepMetrics& metrics) {
  const double loss = step_.run(progress_.step);
  if (!std::isfinite(loss)) {
    stop_non_finite(fmt::format("the loss is {}", loss),
                    first_non_finite_output(model(), step_.first_batch(progress_.step)));
  }
  const double norm = gradient_norm(model().parameters());
  if (!std::isfinite(norm)) {
    stop_non_finite(fmt::format("the norm of the gradient is {}", norm), first_non_finite_gradient(model()));
  }
  const double rate = schedule_of(config_).learning_rate(progress_.step);
  const bool clipped = config_.clip > 0 && norm > config_.clip;
  optimizer_.step(static_cast<float>(rate), clipped ? static_cast<float>(config_.clip / norm) : 1.0f);
  ++progress_.step;
  progress_.tokens += step_.tokens_per_step();
  metrics.step = progress_.step;
  metrics.tokens = progress_.tokens;
  metrics.loss = loss;
  metrics.aux_loss = step_.auxiliary_loss();
  metrics.lr = rate;
  metrics.grad_norm = norm;
}

// On the first `tokens` held-out tokens, or all with 0; nothing when no text is held out.
std::optional<Evaluation> Run::validate(std::int64_t tokens) const {
  if (split_.second.size() < 2) return {};
  return evaluate(model(), split_.second, {.context = config_.context, .batch = config_.batch, .tokens = tokens});
}

void Run::save(RunDirectory& directory, std::optional<double> validation_loss) const {
  directory.save_checkpoint(
      progress_.step,
      [&](const std::string& path) {
        save_model(path, model());
        tokenizer_.save(path);
        save_training_state(fs::path(path) / kStateFile, progress_, optimizer_, step_.carried_states());
      },
      validation_loss, static_cast<int>(config_.keep));
}

void Run::sample(const RunDirectory& directory, const TrainEvents& events) const {
  const std::string text = fmt::format("step {}: {}\n", progress_.step, events.sample(model(), tokenizer_));
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
  if (events.begin) events.begin(progress_.step, config_.steps, model().parameters().count());
  MetricsLog log(directory.path(), progress_.step);
  Speed speed;
  while (progress_.step < config_.steps && !stopped()) {
    StepMetrics metrics;
    const Stopwatch watch;
    one_step(metrics);
    const double seconds = watch.seconds();
    metrics.tokens_per_second = speed.after(step_.tokens_per_step(), seconds);
    progress_.seconds += seconds;
    metrics.seconds = progress_.seconds;
    const std::int64_t step = progress_.step;
    const bool last = step == config_.steps;
    if (step % eval_every == 0 || last) {
      if (const auto evaluation = validate(config_.eval_tokens)) metrics.val_loss = evaluation->loss;
    }
    if (step % config_.log_every == 0 || last || metrics.val_loss) {
      metrics.moe = step_.loads();
      log.add(metrics);
    }
    if (events.step) events.step(metrics);
    if (config_.sample_every > 0 && step % config_.sample_every == 0 && events.sample) sample(directory, events);
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
  result.parameters = model().parameters().count();
  result.active_parameters = model().active_parameters();
  result.steps = progress_.step;
  result.tokens = progress_.tokens;
  result.seconds = progress_.seconds;
  result.tokens_per_second = static_cast<double>(progress_.tokens) / std::max(progress_.seconds, 1e-9);
  result.peak_bytes = memory::peak_bytes();
  result.interrupted = interrupted;
  if (interrupted) return result;
  // The best checkpoint, on all held-out text.
  const LoadedModel best = load_model(result.model);
  if (split_.second.size() >= 2) {
    const Evaluation evaluation =
        evaluate(*best.model, split_.second, {.context = config_.context, .batch = config_.batch, .tokens = 0});
    result.validation_loss = evaluation.loss;
    result.bits_per_byte = evaluation.bits_per_byte();
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

Tokenizer tokenizer_of(const TrainConfig& config) {
  if (!config.init_from.empty()) return Tokenizer::load(find_model_directory(config.init_from));
  return config.tokenizer == "byte" ? Tokenizer::bytes() : Tokenizer::load(config.tokenizer);
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
  estimate.parameters = run.model().parameters().count();
  estimate.active_parameters = run.model().active_parameters();
  estimate.data_tokens = run.training_tokens();
  estimate.peak_bytes = memory::peak_bytes();
  estimate.state_bytes = run.model().state_bytes(config.context);
  estimate.steps = config.steps > 0 ? config.steps : std::llround(config.minutes * 60 / estimate.seconds_per_step);
  estimate.seconds = estimate.seconds_per_step * static_cast<double>(estimate.steps);
  return estimate;
}

}  // namespace sequent
