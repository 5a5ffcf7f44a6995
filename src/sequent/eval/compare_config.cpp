#include "sequent/eval/compare_config.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "sequent/base/catalog.h"
#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/models/architecture.h"
#include "sequent/models/pattern.h"

namespace sequent {
namespace {

double parameters(const LanguageModel& model, std::int64_t) {
  return static_cast<double>(model.parameters().count());
}

double active_parameters(const LanguageModel& model, std::int64_t) {
  return static_cast<double>(model.active_parameters());
}

constexpr std::array<MatchKind, 4> kMatches = {{
    {"params", "parameters", "equal numbers of parameters, and tokens", parameters, false},
    {"active-params", "active parameters", "equal numbers of parameters that take part in a token, and tokens",
     active_parameters, false},
    {"flops", "operations per token", "equal floating-point operations of training, and tokens",
     training_flops_per_token, false},
    {"time", "parameters", "equal training time, at equal numbers of parameters", parameters, true},
}};

// What differs from one model to the next, or touches nothing that is learned.
const std::set<std::string_view> kNotShared = {"arch",  "pattern",   "init_from",   "out",
                                               "cache", "log_every", "sample_every"};

bool is_label(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("._+-").find(c) != std::string_view::npos;
  });
}

}  // namespace

std::span<const MatchKind> match_kinds() {
  return kMatches;
}

const MatchKind& match_kind(std::string_view name) {
  return find_entry("match", match_kinds(), name);
}

double training_flops_per_token(const LanguageModel& model, std::int64_t context) {
  return static_cast<double>(kTrainingFlops * model.flops(context)) / static_cast<double>(context);
}

void CompareConfig::validate() const {
  check(!archs.empty(), "archs: no architecture was given; use --archs NAME,NAME");
  const MatchKind& kind = match_kind(match);
  check((train.steps > 0) + (train.minutes > 0) + (tokens > 0) == 1,
        "compare: give the length of training by exactly one of --steps, --tokens and --minutes");
  check(!kind.equal_time || train.minutes > 0, "compare: --match time needs --minutes");
  check(train.width == 0 || train.params == 0,
        "compare: give either --params, and widths are chosen, or --width, not both");
  check(train.width == 0 || kind.size == &parameters,
        "compare: --match {} chooses the widths; give --params instead of --width", match);
  check(seeds >= 1, "seeds: must be at least 1, got {}", seeds);
  check(tokens >= 0, "tokens: must be at least 0, got {}", tokens);
  check(sample_tokens >= 1, "compare: a text sample must have at least 1 token, got {}", sample_tokens);
  check(!contexts.empty(), "compare: there must be at least one context to measure at");
  for (const std::int64_t context : contexts)
    check(context >= 1, "compare: a context must be at least 1, got {}", context);
  std::set<std::string> labels;
  for (const std::string& entry : archs) {
    const ComparedArchitecture compared = compared_architecture(*this, entry);
    check(labels.insert(compared.label).second, "archs: {} is there twice", compared.label);
  }
  TrainConfig shared = train;
  if (tokens > 0) shared.steps = 1;
  shared.validate();
}

nlohmann::ordered_json CompareConfig::settings() {
  nlohmann::ordered_json json;
  std::string list;
  for (const std::string& entry : archs) list += (list.empty() ? "" : ",") + entry;
  json["archs"] = list;
  json["match"] = match;
  json["tokens"] = std::to_string(tokens);
  json["seeds"] = std::to_string(seeds);
  json["threads"] = std::to_string(thread_count());
  for (const Field& field : train.fields()) {
    if (!kNotShared.contains(field.name)) json[std::string(field.name)] = field_text(field);
  }
  return json;
}

ComparedArchitecture compared_architecture(const CompareConfig& config, std::string_view entry) {
  const std::size_t equals = entry.find('=');
  ComparedArchitecture compared = {std::string(entry.substr(0, equals)), config.train};
  check(is_label(compared.label), "archs: '{}' must be of letters, digits and . _ + -", compared.label);
  if (equals == std::string_view::npos) {
    compared.train.arch = architecture(entry).name;
  } else {
    compared.train.pattern = entry.substr(equals + 1);
    parse_pattern(compared.train.pattern, compared.train.layers);
  }
  return compared;
}

}  // namespace sequent
