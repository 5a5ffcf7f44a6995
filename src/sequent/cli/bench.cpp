// sequent bench: speed and memory of an architecture, or of a model.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "sequent/base/function_ref.h"
#include "sequent/base/threads.h"
#include "sequent/base/units.h"
#include "sequent/cli/common.h"
#include "sequent/cli/number_checks.h"
#include "sequent/cli/precision_flag.h"
#include "sequent/cli/verbs.h"
#include "sequent/eval/speed.h"
#include "sequent/models/architecture.h"

namespace sequent {
namespace {

struct Flags {
  std::string model;
  std::string arch = "mamba";
  Dimensions dimensions;
  std::string mode = "decode";
  std::int64_t batch = 4;
  std::int64_t length = 512;
  std::vector<std::int64_t> contexts = {1024, 4096, 16384, 65536};
  std::int64_t tokens = 64;
  SpeedOptions speed;
};

LoadedModel model_of(const Flags& flags) {
  if (!flags.model.empty()) return load_model(find_model_directory(flags.model));
  const LanguageModelConfig config = new_model_config(flags.arch, flags.dimensions);
  return {&layout_for(config), std::make_unique<LanguageModel>(config, *fresh_parameters(0))};
}

double milliseconds(double seconds) {
  return 1e3 * seconds;
}

// A training step or a forward pass: the time is of one run over all its tokens.
nlohmann::json row_of(const Speed& speed, const Flags& flags) {
  return {{"context", flags.length},
          {"batch", flags.batch},
          {"tokens", speed.tokens},
          {"median_ms", milliseconds(speed.time.median)},
          {"min_ms", milliseconds(speed.time.minimum)},
          {"max_ms", milliseconds(speed.time.maximum)},
          {"tokens_per_second", speed.tokens_per_second()},
          {"peak_bytes", speed.peak_bytes}};
}

// Calls `row` for each measurement as it is made.
void measure(LanguageModel& model, const Flags& flags, FunctionRef<void(const nlohmann::json&)> row) {
  if (flags.mode == "train") {
    row(row_of(training_speed(model, flags.batch, flags.length, flags.speed), flags));
  } else if (flags.mode == "forward") {
    row(row_of(forward_speed(model, flags.batch, flags.length, flags.speed), flags));
  } else {
    for (const std::int64_t context : flags.contexts) {
      row(to_json(decode_speed(model, context, flags.tokens, flags.speed)));
    }
  }
}

void print(const nlohmann::json& row, const Flags& flags) {
  const auto number = [&](const char* key) { return row[key].get<double>(); };
  const std::string times =
      fmt::format("{} ({} to {})", format_duration(1e-3 * number("median_ms")),
                  format_duration(1e-3 * number("min_ms")), format_duration(1e-3 * number("max_ms")));
  if (flags.mode == "decode") {
    write_out(fmt::format("context {:>5}: reads {}, writes a token in {}, state {}, at most {} of tensors\n",
                          format_context(row["context"].get<std::int64_t>()),
                          format_rate(number("prefill_tokens_per_second"), "tokens"), times,
                          format_bytes(number("state_bytes")), format_bytes(number("peak_bytes"))));
  } else {
    write_out(fmt::format("{} of {} x {} tokens: {}, {}, at most {} of tensors\n",
                          flags.mode == "train" ? "training step" : "forward pass", flags.batch, flags.length, times,
                          format_rate(number("tokens_per_second"), "tokens"), format_bytes(number("peak_bytes"))));
  }
}

int bench(Flags& flags, const PrecisionFlag& precision, bool json) {
  const ProductPrecisionScope scope(precision.value());
  const LoadedModel loaded = model_of(flags);
  const std::int64_t parameters = loaded.model->parameters().count();
  if (!json) {
    write_out(fmt::format("{}, {} parameters, {} threads, median (least to most) of {}\n",
                          loaded.model->config().architecture, format_count(static_cast<double>(parameters)),
                          thread_count(),
                          flags.mode == "decode" ? "single tokens" : fmt::format("{} runs", flags.speed.runs)));
  }
  nlohmann::json rows = nlohmann::json::array();
  measure(*loaded.model, flags, [&](const nlohmann::json& row) {
    if (!json) print(row, flags);
    rows.push_back(row);
  });
  if (!json) return 0;
  write_json({{"architecture", loaded.model->config().architecture},
              {"parameters", parameters},
              {"mode", flags.mode},
              {"precision", precision.name()},
              {"threads", thread_count()},
              {"runs", flags.speed.runs},
              {"results", rows},
              {"peak_resident_bytes", peak_resident_bytes()}});
  return 0;
}

}  // namespace

int run_bench(int argc, char** argv) {
  CLI::App app("Speed and memory of a new model of an architecture, or of a trained one.", "sequent bench");
  Flags flags;
  flags.dimensions.vocabulary = 257;
  flags.dimensions.width = 256;
  flags.dimensions.layers = 4;
  CommonFlags common(app);
  auto* model = app.add_option("MODEL", flags.model, "model directory or run directory; none: a new model");
  const auto size = [&](const std::string& name, std::int64_t& value, const std::string& help) {
    return app.add_option(name, value, help)->check(not_negative_integer());
  };
  app.add_option("--arch", flags.arch, "architecture of a new model")->excludes(model);
  size("--width", flags.dimensions.width, "of a new model")->excludes(model);
  size("--layers", flags.dimensions.layers, "of a new model")->excludes(model);
  size("--heads", flags.dimensions.heads, "of a new model; 0: as the architecture likes")->excludes(model);
  size("--key-value-heads", flags.dimensions.key_value_heads, "of a new model; 0: as many as heads")->excludes(model);
  size("--feed-forward", flags.dimensions.feed_forward, "width of a new model's channel mixers; 0: as it likes")
      ->excludes(model);
  size("--state", flags.dimensions.state, "states per channel of a new model; 0: as it likes")->excludes(model);
  size("--vocabulary", flags.dimensions.vocabulary, "of a new model")->check(positive_integer())->excludes(model);
  app.add_option("--mode", flags.mode,
                 "train: a training step with AdamW; forward: logits of all tokens; decode: reading a context and "
                 "writing on")
      ->check(CLI::IsMember({"train", "forward", "decode"}));
  const PrecisionFlag precision(app);
  app.add_option("--batch", flags.batch, "sequences, for train and forward")->check(positive_integer());
  app.add_option("--length", flags.length, "tokens of each, for train and forward")->check(positive_integer());
  app.add_option("--context", flags.contexts,
                 "tokens read before, for decode; one or more, commas between; 16k is 16384")
      ->delimiter(',')
      ->transform(context_length());
  app.add_option("--tokens", flags.tokens, "tokens to write in a run, for decode")->check(positive_integer());
  app.add_option("--runs", flags.speed.runs, "runs that are timed; decode makes fewer where they take seconds")
      ->check(positive_integer());
  app.add_option("--warm-up", flags.speed.warm_up, "runs before them")->check(not_negative_integer());
  if (const auto code = common.parse(app, argc, argv)) return *code;
  return bench(flags, precision, common.json());
}

}  // namespace sequent
