#include "sequent/eval/compare_plan.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/models/nearest_size.h"
#include "sequent/train/trainer.h"
#include "sequent/train/training_data.h"

namespace sequent {
namespace {

constexpr std::int64_t kDefaultParameters = 1'000'000;
// As many points as a curve on a screen can show.
constexpr std::int64_t kLoggedSteps = 500;

LanguageModelConfig model_config(const TrainConfig& train, const Tokenizer& tokenizer) {
  return new_model_config(train.arch, train.dimensions(tokenizer.vocabulary_size(), tokenizer.end_of_text()));
}

double size_of(const MatchKind& match, const TrainConfig& train, const Tokenizer& tokenizer) {
  return match.size(LanguageModel(model_config(train, tokenizer), *shapes_only()), train.context);
}

std::int64_t nearest_width(const MatchKind& match, TrainConfig train, const Tokenizer& tokenizer, double target) {
  return width_of_nearest_size(train.heads, target, [&](std::int64_t width) {
    train.width = width;
    return size_of(match, train, tokenizer);
  });
}

// Operations have no round number to aim at: those of the first architecture at the number of parameters asked for.
double target_of(const MatchKind& match, const ComparedArchitecture& first, const Tokenizer& tokenizer) {
  const auto parameters = static_cast<double>(first.train.params);
  if (match.name != "flops") return parameters;
  TrainConfig train = first.train;
  train.width = nearest_width(match_kind("params"), train, tokenizer, parameters);
  return size_of(match, train, tokenizer);
}

// The sizes that follow from the settings.
PlannedModel described(const MatchKind& match, std::string label, const TrainConfig& train,
                       const Tokenizer& tokenizer) {
  const LanguageModelConfig config = model_config(train, tokenizer);
  const LanguageModel model(config, *shapes_only());
  return {.label = std::move(label),
          .train = train,
          .layers = static_cast<std::int64_t>(config.blocks.size()),
          .width = config.width,
          .parameters = model.parameters().count(),
          .active_parameters = static_cast<std::int64_t>(match_kind("active-params").size(model, train.context)),
          .flops_per_token = training_flops_per_token(model, train.context),
          .size = match.size(model, train.context)};
}

void set_length(PlannedModel& model, std::int64_t steps) {
  model.train.steps = std::max<std::int64_t>(1, steps);
  model.train.minutes = 0;
  model.train.log_every = std::max<std::int64_t>(1, model.train.steps / kLoggedSteps);
}

void set_lengths(const CompareConfig& config, std::vector<PlannedModel>& models) {
  const TrainConfig& shared = config.train;
  std::vector<double> seconds;  // of a step of each
  double sum = 0;
  if (shared.minutes > 0) {
    for (const PlannedModel& model : models)
      sum += seconds.emplace_back(estimate_training(model.train).seconds_per_step);
  }
  const double tokens_per_step = static_cast<double>(shared.batch * shared.context * shared.accumulate);
  for (std::size_t i = 0; i < models.size(); ++i) {
    const double steps =
        config.tokens > 0 ? std::ceil(static_cast<double>(config.tokens) / tokens_per_step)
        : shared.minutes > 0
            ? 60 * shared.minutes /
                  (match_kind(config.match).equal_time ? seconds[i] : sum / static_cast<double>(seconds.size()))
            : static_cast<double>(shared.steps);
    set_length(models[i], std::llround(steps));
  }
}

std::vector<ComparedArchitecture> entries_of(const CompareConfig& config) {
  std::vector<ComparedArchitecture> entries;
  for (const std::string& entry : config.archs) {
    entries.push_back(compared_architecture(config, entry));
    TrainConfig& train = entries.back().train;
    if (train.params == 0 && train.width == 0) train.params = kDefaultParameters;
    if (train.cache.empty()) train.cache = config.train.out + "/cache";
  }
  return entries;
}

}  // namespace

ComparePlan make_plan(const CompareConfig& config) {
  const MatchKind& match = match_kind(config.match);
  const Tokenizer tokenizer = tokenizer_of(config.train);
  const std::vector<ComparedArchitecture> entries = entries_of(config);
  ComparePlan plan;
  if (config.train.width == 0) plan.target = target_of(match, entries.front(), tokenizer);
  for (const ComparedArchitecture& entry : entries) {
    TrainConfig train = entry.train;
    if (plan.target > 0) train.width = nearest_width(match, train, tokenizer, plan.target);
    plan.models.push_back(described(match, entry.label, train, tokenizer));
  }
  set_lengths(config, plan.models);
  return plan;
}

nlohmann::ordered_json decisions_of(const ComparePlan& plan) {
  nlohmann::ordered_json json = {{"target", plan.target}};
  for (const PlannedModel& model : plan.models) {
    json["models"][model.label] = {{"width", model.width}, {"steps", model.train.steps}};
  }
  return json;
}

ComparePlan plan_of(const CompareConfig& config, const nlohmann::ordered_json& decisions) {
  const MatchKind& match = match_kind(config.match);
  const Tokenizer tokenizer = tokenizer_of(config.train);
  ComparePlan plan;
  plan.target = decisions.at("target");
  for (const ComparedArchitecture& entry : entries_of(config)) {
    const nlohmann::ordered_json& decided = decisions.at("models").at(entry.label);
    TrainConfig train = entry.train;
    train.width = decided.at("width");
    plan.models.push_back(described(match, entry.label, train, tokenizer));
    set_length(plan.models.back(), decided.at("steps"));
  }
  return plan;
}

}  // namespace sequent
