// sequent train: settings from file, overrides and flags; then the training loop, with a progress bar.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/progress.h"
#include "sequent/base/units.h"
#include "sequent/cli/common.h"
#include "sequent/cli/verbs.h"
#include "sequent/infer/generate.h"
#include "sequent/train/trainer.h"

namespace sequent {
namespace {

// "weight_decay" is the flag --weight-decay.
std::string flag_of(std::string_view name) {
  std::string flag(name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

/// One flag for every setting. What was given is kept as text until the file has been read, because flags win over it.
class SettingFlags {
 public:
  SettingFlags(CLI::App& app, const std::vector<Field>& fields) {
    for (const Field& field : fields) {
      auto given = std::make_unique<Given>();
      given->name = field.name;
      const std::string flags = field.name == "seed" ? "-s,--seed" : "--" + flag_of(field.name);
      if (std::holds_alternative<bool*>(field.value)) {
        given->option = app.add_flag(flags, given->flag, std::string(field.help));
      } else {
        given->option = app.add_option(flags, given->words, std::string(field.help));
        const bool list = std::holds_alternative<std::vector<std::string>*>(field.value);
        given->option->expected(1, list ? 1 << 20 : 1)->allow_extra_args(list)->default_str(field_text(field));
      }
      given->option->group("Settings");
      given_.push_back(std::move(given));
    }
  }

  void apply(const std::vector<Field>& fields) const {
    for (const auto& given : given_) {
      if (given->option->count() == 0) continue;
      const Field& field = find_field(fields, given->name);
      if (auto* const* list = std::get_if<std::vector<std::string>*>(&field.value)) {
        **list = given->words;
      } else {
        set_field(field,
                  std::holds_alternative<bool*>(field.value) ? (given->flag ? "true" : "false") : given->words.back());
      }
    }
  }

 private:
  struct Given {
    std::string name;
    std::vector<std::string> words;
    bool flag = false;
    CLI::Option* option = nullptr;
  };
  std::vector<std::unique_ptr<Given>> given_;
};

nlohmann::json json_of(const TrainResult& result) {
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

std::string sample_text(const LanguageModel& model, const Tokenizer& tokenizer) {
  GenerateOptions options;
  options.max_tokens = 120;
  std::string text;
  generate(model, tokenizer, "", options, [&](std::string_view piece) { text += piece; });
  return text;
}

std::string fields_of(const StepMetrics& metrics) {
  return fmt::format("loss {:.3f}  {}  lr {:.1e}", *metrics.loss, format_rate(*metrics.tokens_per_second, "tokens"),
                     *metrics.lr);
}

TrainResult run_with_progress(const TrainConfig& config, bool resume) {
  std::unique_ptr<Progress> bar;
  TrainEvents events;
  events.stop = &catch_interrupts();
  events.sample = sample_text;
  events.begin = [&](std::int64_t done, std::int64_t steps, std::int64_t parameters) {
    fmt::print(stderr, "{} parameters, {} steps\n", format_count(static_cast<double>(parameters)), steps);
    bar = std::make_unique<Progress>(stderr, "train", steps, Progress::Options{.done_before = done});
  };
  events.message = [&](const std::string& message) {
    if (bar) {
      bar->line(message);
    } else {
      note("{}", message);
    }
  };
  events.step = [&](const StepMetrics& metrics) {
    if (!bar) return;
    if (metrics.val_loss) {
      bar->line(
          fmt::format("step {}: loss {:.4f}, validation loss {:.4f}", metrics.step, *metrics.loss, *metrics.val_loss));
    }
    bar->update(metrics.step, fields_of(metrics));
  };
  return resume ? resume_training(config.out, events) : train(config, events);
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
  CLI::App app("Trains a language model on text.", "sequent train");
  TrainConfig config;
  std::string file;
  std::vector<std::string> overrides;
  bool resume = false;
  bool estimate = false;
  CommonFlags common(app);
  app.add_option("--config", file, "TOML file of settings; flags and key=value words win over it");
  app.add_flag("--resume", resume, "continue the run in --out from its newest checkpoint");
  app.add_flag("--estimate", estimate, "print parameters, memory and time, measured on trial batches, and stop");
  app.add_option("overrides", overrides, "settings as key=value, e.g. lr=3e-4")->type_name("KEY=VALUE");
  const SettingFlags flags(app, config.fields());
  if (const auto code = common.parse(app, argc, argv)) return *code;

  if (!file.empty()) read_toml(config, read_text(file), file);
  for (const std::string& text : overrides) apply_override(config, text);
  flags.apply(config.fields());
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
  if (common.json()) write_json(json_of(result));
  if (result.interrupted) {
    fmt::print(stderr, "stopped at step {}; continue with: sequent train --resume --out {}\n", result.steps,
               config.out);
    return 0;
  }
  if (!common.json()) {
    fmt::print(stderr, "trained {} steps in {} ({}); validation loss {:.4f}, {:.4f} bits per byte\n", result.steps,
               format_duration(result.seconds), format_rate(result.tokens_per_second, "tokens"), result.validation_loss,
               result.bits_per_byte);
    fmt::print(stderr, "model: {}\nwrite with it: sequent generate {} -p \"...\"\n", result.model, config.out);
  }
  return 0;
}

}  // namespace sequent
