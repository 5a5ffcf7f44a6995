// sequent compare: several architectures trained under equal conditions, measured, and a report about them.
#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "sequent/base/catalog.h"
#include "sequent/base/units.h"
#include "sequent/cli/common.h"
#include "sequent/cli/number_checks.h"
#include "sequent/cli/setting_flags.h"
#include "sequent/cli/train_progress.h"
#include "sequent/cli/verbs.h"
#include "sequent/eval/compare.h"

namespace sequent {
namespace {

using Json = nlohmann::ordered_json;

// Settings of training that have no meaning here, or are decided by the comparison.
constexpr std::array<std::string_view, 5> kNotShared = {"arch", "pattern", "init_from", "log_every", "sample_every"};

// As a shell would read it again.
std::string command_line(int argc, char** argv) {
  std::string text = "sequent";
  for (int i = 0; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789-_=+.,:/@%") == std::string_view::npos;
    text += ' ';
    if (plain) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) {
      if (c == '\'') text += "'\\'";
      text += c;
    }
    text += '\'';
  }
  return text;
}

double number(const Json& json, const char* key) {
  return json.at(key).get<double>();
}

void print_training(const Json& results) {
  write_out(fmt::format("{:<14} {:>7} {:>7} {:>9} {:>7} {:>7} {:>7} {:>9} {:>9} {:>13}\n", "architecture", "params",
                        "active", "FLOPs/tok", "match", "tokens", "time", "val loss", "bits/byte", "speed"));
  for (const Json& model : results.at("architectures")) {
    const Json& ratio = model.at("match").at("ratio");
    write_out(fmt::format(
        "{:<14} {:>7} {:>7} {:>9} {:>7} {:>7} {:>7} {:>9.4f} {:>9.4f} {:>13}\n", model.at("name").get<std::string>(),
        format_count(number(model, "parameters")), format_count(number(model, "active_parameters")),
        format_count(number(model, "flops_per_token")),
        ratio.is_null() ? "" : fmt::format("{:.1f}%", 100 * ratio.get<double>()), format_count(number(model, "tokens")),
        format_duration(number(model, "seconds")), number(model, "val_loss"), number(model, "bits_per_byte"),
        format_rate(number(model, "tokens_per_second"), "tok")));
  }
}

void print_contexts(const Json& results, const char* title, const char* key, std::string (*text)(double)) {
  std::string line = fmt::format("\n{:<24}", title);
  for (const Json& context : results.at("contexts")) line += fmt::format(" {:>10}", format_context(context));
  write_out(line + "\n");
  for (const Json& model : results.at("architectures")) {
    line = fmt::format("{:<24}", model.at("name").get<std::string>());
    for (const Json& row : model.at("results")) line += fmt::format(" {:>10}", text(number(row, key)));
    write_out(line + "\n");
  }
}

void print(const Json& results, const std::string& directory) {
  const Json& match = results.at("match");
  write_out(fmt::format(
      "Matched: {}{}\n\n", match.at("help").get<std::string>(),
      match.at("target").is_null()
          ? std::string()
          : fmt::format("; near {} {}", format_count(number(match, "target")), match.at("unit").get<std::string>())));
  print_training(results);
  print_contexts(results, "time to write a token", "decode_ms_per_token",
                 [](double ms) { return format_duration(1e-3 * ms); });
  print_contexts(results, "tokens read per second", "prefill_tokens_per_second", format_count);
  print_contexts(results, "state", "state_bytes", format_bytes);
  print_contexts(results, "peak memory of tensors", "peak_bytes", format_bytes);
  write_out("\n");
  for (const Json& sentence : results.at("summary")) write_out(sentence.get<std::string>() + "\n");
  write_out(fmt::format("\nresults  {0}/results.json\nreport   {0}/report.html\n", directory));
}

}  // namespace

int run_compare(int argc, char** argv) {
  CLI::App app("Trains architectures under equal conditions, measures them, and writes a report.", "sequent compare");
  CompareConfig config;
  config.command = command_line(argc, argv);
  CommonFlags common(app);
  app.add_option("--archs", config.archs, "architectures, commas between; or LABEL=PATTERN for blocks of your own")
      ->delimiter(',')
      ->required();
  app.add_option("--match", config.match,
                 "what is made equal: params, active-params, flops (each with equal tokens), time")
      ->check(CLI::IsMember({"params", "active-params", "flops", "time"}));
  std::string tokens = "0";
  app.add_option("--tokens", tokens, "train each on so many tokens, in place of --steps or --minutes");
  app.add_option("--seeds", config.seeds, "runs of each, with seeds from --seed up")->check(positive_integer());
  app.add_option("--contexts", config.contexts, "tokens read before speed and memory are measured; 16k is 16384")
      ->delimiter(',')
      ->transform(context_length());
  app.add_option("-p,--prompt", config.prompt, "what the text samples go on from; empty: a new document");
  app.add_option("--sample-tokens", config.sample_tokens, "length of the text samples")->check(positive_integer());
  const SettingFlags flags(app, config.train.fields(), kNotShared);
  if (const auto code = common.parse(app, argc, argv)) return *code;
  flags.apply(config.train.fields());
  set_field({"tokens", "", &config.tokens}, tokens);

  std::unique_ptr<TrainProgress> progress;
  CompareEvents events;
  events.stop = &catch_interrupts();
  events.message = [&](const std::string& text) {
    progress.reset();
    note("{}", text);
  };
  events.training = [&](const std::string& label, std::int64_t seed, std::int64_t run, std::int64_t of) {
    progress = std::make_unique<TrainProgress>(
        fmt::format("{}/{} {}{}", run, of, label, config.seeds > 1 ? fmt::format(" seed {}", seed) : ""));
    return progress->events();
  };
  const Json results = compare(config, events);
  progress.reset();
  if (results.is_null()) {
    note("stopped; the same command goes on where this one was");
    return 0;
  }
  if (common.json()) {
    write_json(results);
  } else {
    print(results, config.train.out);
  }
  return 0;
}

}  // namespace sequent
