#include "sequent/eval/compare.h"

#include <fmt/format.h>

#include <fmt/chrono.h>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/files.h"
#include "sequent/base/json.h"
#include "sequent/base/units.h"
#include "sequent/eval/compare_plan.h"
#include "sequent/eval/compare_summary.h"
#include "sequent/eval/curves.h"
#include "sequent/eval/machine.h"
#include "sequent/eval/report.h"
#include "sequent/eval/speed.h"
#include "sequent/infer/generate.h"
#include "sequent/models/model_directory.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Tokens that are timed one by one at each context.
constexpr std::int64_t kDecodedTokens = 64;

void write_json(const std::string& path, const Json& json) {
  // Samples of text may end within a character.
  write_file_atomically(path, json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

Json read_json(const std::string& path) {
  return Json::parse(read_json_object(path).dump());
}

// A plan.json that is there decides, if it was made with the same settings; otherwise one is made.
ComparePlan settled_plan(CompareConfig& config, const CompareEvents& events) {
  const std::string path = config.train.out + "/plan.json";
  const Json settings = config.settings();
  if (fs::exists(path)) {
    const nlohmann::json made = read_json_object(path);
    for (const auto& [name, value] : settings.items()) {
      const std::string before = made.at("settings").value(name, std::string()), now = value.get<std::string>();
      check(before == now, "compare: {} holds a comparison with {} {}, now it is {}; use another --out, or the same {}",
            config.train.out, name, before, now, name);
    }
    return plan_of(config, made.at("decisions"));
  }
  if (events.message) events.message("choosing sizes" + std::string(config.train.minutes > 0 ? ", timing steps" : ""));
  const ComparePlan plan = make_plan(config);
  write_json(path, {{"settings", settings}, {"decisions", decisions_of(plan)}});
  return plan;
}

class Comparison {
 public:
  Comparison(CompareConfig config, const CompareEvents& events)
      : config_(std::move(config)), events_(events), plan_(settled_plan(config_, events)) {}

  /// False when it was stopped.
  bool train_all() const;
  bool measure_all() const;
  Json results() const;

 private:
  std::string run_directory(const PlannedModel& model, std::int64_t seed) const {
    return fmt::format("{}/runs/{}-seed{}", config_.train.out, model.label, config_.train.seed + seed);
  }
  std::string measurements_path(const PlannedModel& model) const {
    return fmt::format("{}/measurements/{}.json", config_.train.out, model.label);
  }
  bool stopped() const { return events_.stop && events_.stop->load(); }
  bool train_one(const PlannedModel& model, std::int64_t seed, std::int64_t number) const;
  Json measurements(const PlannedModel& model) const;
  Json result_of(const PlannedModel& model) const;
  Json sample_of(const PlannedModel& model) const;
  Json match_of() const;

  CompareConfig config_;
  const CompareEvents& events_;
  ComparePlan plan_;
};

bool Comparison::train_all() const {
  const std::size_t count = plan_.models.size();
  std::int64_t number = 0;
  for (std::int64_t seed = 0; seed < config_.seeds; ++seed) {
    for (std::size_t turn = 0; turn < count; ++turn) {
      const PlannedModel& model = plan_.models[(turn + static_cast<std::size_t>(seed)) % count];
      if (!train_one(model, seed, ++number)) return false;
    }
  }
  return true;
}

bool Comparison::train_one(const PlannedModel& model, std::int64_t seed, std::int64_t number) const {
  const std::string directory = run_directory(model, seed);
  if (fs::exists(directory + "/result.json")) return true;
  if (stopped()) return false;
  TrainConfig train_config = model.train;
  train_config.seed += seed;
  train_config.out = directory;
  const auto of = static_cast<std::int64_t>(plan_.models.size()) * config_.seeds;
  const TrainEvents events =
      events_.training ? events_.training(model.label, train_config.seed, number, of) : TrainEvents();
  const bool begun = fs::exists(directory + "/config.toml");
  const TrainResult result = begun ? resume_training(directory, events) : train(train_config, events);
  if (result.interrupted) return false;
  write_json(directory + "/result.json", to_json(result));
  return true;
}

Json Comparison::measurements(const PlannedModel& model) const {
  const std::string path = measurements_path(model);
  return fs::exists(path) ? read_json(path) : Json::object();
}

bool Comparison::measure_all() const {
  make_directories(config_.train.out + "/measurements");
  for (const std::int64_t context : config_.contexts) {
    for (const PlannedModel& model : plan_.models) {
      Json rows = measurements(model);
      if (rows.contains(std::to_string(context))) continue;
      if (stopped()) return false;
      if (events_.message) events_.message(fmt::format("measuring {} at {}", model.label, format_context(context)));
      const LoadedModel loaded = load_model(find_model_directory(run_directory(model, 0)));
      rows[std::to_string(context)] = to_json(decode_speed(*loaded.model, context, kDecodedTokens));
      write_json(measurements_path(model), rows);
    }
  }
  return true;
}

Json Comparison::sample_of(const PlannedModel& model) const {
  const fs::path directory = find_model_directory(run_directory(model, 0));
  const LoadedModel loaded = load_model(directory);
  GenerateOptions options;
  options.max_tokens = config_.sample_tokens;
  options.ignore_end_of_text = true;
  options.sampler.seed = static_cast<std::uint64_t>(config_.train.seed);
  const Generation generation =
      generate(*loaded.model, Tokenizer::load(directory), config_.prompt, options, [](std::string_view) {});
  return {{"prompt", config_.prompt}, {"text", generation.text}};
}

Json Comparison::result_of(const PlannedModel& model) const {
  Json json = {
      {"name", model.label},
      {"architecture", model.train.pattern.empty() ? model.train.arch : model.train.pattern},
      {"layers", model.layers},
      {"width", model.width},
      {"parameters", model.parameters},
      {"active_parameters", model.active_parameters},
      {"flops_per_token", model.flops_per_token},
      {"match", {{"value", model.size}, {"ratio", plan_.target > 0 ? Json(model.size / plan_.target) : Json()}}}};
  Json runs = Json::array();
  for (std::int64_t seed = 0; seed < config_.seeds; ++seed) {
    const std::string directory = run_directory(model, seed);
    Json run = {{"seed", config_.train.seed + seed}};
    run.update(read_json(directory + "/result.json"));
    run.erase("interrupted");
    run.update(curves_of(directory + "/metrics.jsonl", model.flops_per_token));
    runs.push_back(std::move(run));
  }
  for (const char* key :
       {"steps", "tokens", "seconds", "tokens_per_second", "val_loss", "bits_per_byte", "peak_bytes"}) {
    double sum = 0;
    for (const Json& run : runs) sum += run.at(key).get<double>();
    json[key] = sum / static_cast<double>(runs.size());
  }
  json["runs"] = std::move(runs);
  const Json rows = measurements(model);
  json["results"] = Json::array();
  for (const std::int64_t context : config_.contexts) json["results"].push_back(rows.at(std::to_string(context)));
  json["sample"] = sample_of(model);
  return json;
}

Json Comparison::match_of() const {
  const MatchKind& kind = match_kind(config_.match);
  return {{"by", kind.name},
          {"unit", kind.unit},
          {"help", kind.help},
          {"target", plan_.target > 0 ? Json(plan_.target) : Json()},
          {"equal", kind.equal_time ? "time" : "tokens"}};
}

Json Comparison::results() const {
  Json json = {{"version", machine_facts().at("version")},
               {"date", fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::now()))},
               {"command", config_.command}};
  json["machine"] = machine_facts();
  json["settings"] = CompareConfig(config_).settings();
  json["match"] = match_of();
  json["contexts"] = config_.contexts;
  json["architectures"] = Json::array();
  for (const PlannedModel& model : plan_.models) json["architectures"].push_back(result_of(model));
  json["summary"] = summary_of(json);
  // As a reader of the file sees it: text that is not UTF-8 has been replaced.
  return Json::parse(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

Json compare(CompareConfig config, const CompareEvents& events) {
  config.validate();
  const std::string directory = config.train.out;
  make_directories(directory);
  const auto lock = lock_directory(directory);
  remove_temporaries(directory);
  const Comparison comparison(std::move(config), events);
  if (!comparison.train_all() || !comparison.measure_all()) return nullptr;
  Json results = comparison.results();
  write_json(directory + "/results.json", results);
  write_file_atomically(directory + "/report.html", report_html(results));
  return results;
}

}  // namespace sequent
