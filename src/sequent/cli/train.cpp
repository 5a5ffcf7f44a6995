// sequent train: settings from file, overrides and flags; then the training loop, with a progress bar.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/units.h"
#include "sequent/cli/common.h"
#include "sequent/cli/setting_flags.h"
#include "sequent/cli/train_progress.h"
#include "sequent/cli/verbs.h"
#include "sequent/train/trainer.h"

namespace sequent {
namespace {

nlohmann::json json_of(const TrainEstimate& estimate) {
  return {{"parameters", estimate.parameters},
          {"active_parameters", estimate.active_parameters},
          {"data_tokens", estimate.data_tokens},
          {"peak_bytes", estimate.peak_bytes},
          {"state_bytes", estimate.state_bytes},
          {"steps", estimate.steps},
          {"seconds_per_step", estimate.seconds_per_step},
          {"seconds", estimate.seconds}};
}

TrainResult run_with_progress(const TrainConfig& config, bool resume) {
  TrainProgress progress("train");
  return resume ? resume_training(config.out, progress.events()) : train(config, progress.events());
}

void print(const TrainEstimate& estimate) {
  fmt::print("parameters       {}\n", format_count(static_cast<double>(estimate.parameters)));
  fmt::print("training text    {} tokens\n", format_count(static_cast<double>(estimate.data_tokens)));
  fmt::print("memory           {} of tensors at most\n", format_bytes(static_cast<double>(estimate.peak_bytes)));
  fmt::print("state            {} of a sequence\n", format_bytes(static_cast<double>(estimate.state_bytes)));
  fmt::print("time per step    {}\n", format_duration(estimate.seconds_per_step));
  fmt::print("steps            {}\n", estimate.steps);
  fmt::print("whole run        {}, validation not counted\n", format_duration(estimate.seconds));
}

}  // namespace

int run_train(int argc, char** argv) {
  CLI::App app("Trains a language model, or an encoder-decoder, on text.", "sequent train");
  TrainConfig config;
  bool resume = false;
  bool estimate = false;
  CommonFlags common(app);
  app.add_flag("--resume", resume, "continue the run in --out from its newest checkpoint");
  app.add_flag("--estimate", estimate, "print parameters, memory and time, measured on trial batches, and stop");
  const SettingSources settings(app, config.fields());
  if (const auto code = common.parse(app, argc, argv)) return *code;

  settings.apply(config.fields());
  if (estimate) {
    if (config.out.empty()) config.out = "runs/estimate";
    const TrainEstimate result = estimate_training(config);
    if (common.json()) {
      write_json(json_of(result));
    } else {
      print(result);
    }
    return 0;
  }
  const TrainResult result = run_with_progress(config, resume);
  if (common.json()) write_json(to_json(result));
  if (result.interrupted) {
    fmt::print(stderr, "stopped at step {}; continue with: sequent train --resume --out {}\n", result.steps,
               config.out);
    return 0;
  }
  if (!common.json()) {
    fmt::print(stderr, "trained {} steps in {} ({}); validation loss {:.4f}", result.steps,
               format_duration(result.seconds), format_rate(result.tokens_per_second, "tokens"),
               result.validation_loss);
    if (result.bits_per_byte > 0) fmt::print(stderr, ", {:.4f} bits per byte", result.bits_per_byte);
    fmt::print(stderr, "\n");
    fmt::print(stderr, "model: {}\nwrite with it: sequent generate {} -p \"...\"\n", result.model, config.out);
  }
  return 0;
}

}  // namespace sequent
