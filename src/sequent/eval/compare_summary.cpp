#include "sequent/eval/compare_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "sequent/base/units.h"

namespace sequent {
namespace {

using Json = nlohmann::ordered_json;

/// A model with its number in one discipline; the least is best.
struct Place {
  std::string name;
  double value;
};

/// What the models are ranked in, best first.
struct Ranking {
  std::string discipline;  // "loss at equal time"
  std::vector<Place> places;
};

Ranking ranked(std::string discipline, std::vector<Place> places) {
  std::stable_sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.value < b.value; });
  return {std::move(discipline), std::move(places)};
}

/// The validation loss of a run when `key` (tokens, seconds, flops) had reached `limit`, on the line between the two
/// validations around it.
double loss_at(const Json& run, const char* key, double limit) {
  const Json& x = run["validation"][key];
  const Json& loss = run["validation"]["loss"];
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto here = x[i].get<double>();
    if (here < limit && i + 1 < x.size()) continue;
    if (i == 0 || here <= limit) return loss[i];
    const auto before = x[i - 1].get<double>();
    const double part = (limit - before) / (here - before);
    return loss[i - 1].get<double>() + part * (loss[i].get<double>() - loss[i - 1].get<double>());
  }
  return 0;
}

/// How far every run of every model got, in `key`; nothing where one has not been validated.
std::optional<double> reached_by_all(const Json& models, const char* key) {
  std::optional<double> limit;
  for (const Json& model : models) {
    for (const Json& run : model["runs"]) {
      const Json& x = run["validation"][key];
      if (x.empty()) return {};
      limit = std::min(limit.value_or(x.back()), x.back().get<double>());
    }
  }
  return limit;
}

std::vector<Place> losses_at(const Json& models, const char* key, double limit) {
  std::vector<Place> places;
  for (const Json& model : models) {
    double sum = 0;
    for (const Json& run : model["runs"]) sum += loss_at(run, key, limit);
    places.push_back({model["name"], sum / static_cast<double>(model["runs"].size())});
  }
  return places;
}

std::string loss_sentence(const std::string& where, const Ranking& ranking) {
  std::string text = fmt::format("At equal {}, {} is ahead with a validation loss of {:.3f}", where,
                                 ranking.places.front().name, ranking.places.front().value);
  for (std::size_t i = 1; i < ranking.places.size(); ++i) {
    text += fmt::format("{} {} (+{:.3f})", i == 1 ? "; then" : ",", ranking.places[i].name,
                        ranking.places[i].value - ranking.places.front().value);
  }
  return text + ".";
}

std::vector<Place> measured(const Json& models, std::size_t row, const char* key, double sign = 1) {
  std::vector<Place> places;
  for (const Json& model : models) places.push_back({model["name"], sign * model["results"][row][key].get<double>()});
  return places;
}

std::string times(double ratio) {
  return ratio < 9.5 ? fmt::format("{:.1f}", ratio) : fmt::format("{:.0f}", ratio);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return text;
}

/// Whose time per token depends on the context, from the shortest to the longest.
std::string growth_sentence(const Json& models, const std::string& shortest, const std::string& longest) {
  std::vector<std::string> flat;
  std::vector<std::string> growing;
  for (const Json& model : models) {
    const double ratio = model["results"].back()["decode_ms_per_token"].get<double>() /
                         model["results"].front()["decode_ms_per_token"].get<double>();
    if (ratio <= 1.1) {
      flat.push_back(model["name"]);
    } else {
      growing.push_back(fmt::format("{} times as long for {}", times(ratio), model["name"].get<std::string>()));
    }
  }
  std::string text = fmt::format("From a context of {} to {}, writing a token ", shortest, longest);
  if (!growing.empty()) text += "takes " + joined(growing);
  if (!flat.empty())
    text += (growing.empty() ? "" : ", and ") + std::string("no longer (within 10%) for ") + joined(flat);
  return text + ".";
}

void add_speed(const Json& models, std::vector<std::string>& sentences, std::vector<Ranking>& rankings) {
  const Json& rows = models.front()["results"];
  if (rows.empty()) return;
  const std::size_t last = rows.size() - 1;
  const std::string longest = format_context(rows[last]["context"]);
  const Ranking decode = ranked("writing at " + longest, measured(models, last, "decode_ms_per_token"));
  sentences.push_back(
      fmt::format("At a context of {}, {} writes a token in the shortest time, {}; {} takes {}, {} times as long.",
                  longest, decode.places.front().name, format_duration(1e-3 * decode.places.front().value),
                  decode.places.back().name, format_duration(1e-3 * decode.places.back().value),
                  times(decode.places.back().value / decode.places.front().value)));
  if (last > 0) sentences.push_back(growth_sentence(models, format_context(rows[0]["context"]), longest));
  const Ranking state = ranked("size of state at " + longest, measured(models, last, "state_bytes"));
  sentences.push_back(fmt::format(
      "There, {} remembers everything in the least memory, {}; {} needs {}, {} times as much.",
      state.places.front().name, format_bytes(state.places.front().value), state.places.back().name,
      format_bytes(state.places.back().value), times(state.places.back().value / state.places.front().value)));
  rankings.push_back(ranked("reading at " + longest, measured(models, last, "prefill_tokens_per_second", -1)));
  rankings.push_back(decode);
  rankings.push_back(state);
}

/// Who is last in what: no architecture wins everywhere.
std::string last_sentence(const std::vector<Ranking>& rankings) {
  std::map<std::string, std::vector<std::string>> disciplines;
  for (const Ranking& ranking : rankings) {
    if (ranking.places.back().value > ranking.places.front().value) {
      disciplines[ranking.places.back().name].push_back(ranking.discipline);
    }
  }
  std::vector<std::string> parts;
  for (const auto& [name, list] : disciplines) parts.push_back(name + " in " + joined(list));
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "Last: " : "; ") + part;
  return text.empty() ? "Nobody is last in anything: all are equal." : text + ".";
}

std::string seeds_sentence(const Json& models) {
  if (models.front()["runs"].size() == 1)
    return "Each was trained once, so that small differences of loss may be chance.";
  double spread = 0;
  for (const Json& model : models) {
    std::vector<double> losses;
    for (const Json& run : model["runs"]) losses.push_back(run["val_loss"]);
    const auto [least, most] = std::minmax_element(losses.begin(), losses.end());
    spread = std::max(spread, *most - *least);
  }
  return fmt::format("Losses are means over {} seeds; between the seeds of one model the last differ by up to {:.3f}.",
                     models.front()["runs"].size(), spread);
}

}  // namespace

std::vector<std::string> summary_of(const Json& results) {
  const Json& models = results["architectures"];
  if (models.size() < 2) return {};
  struct Axis {
    const char* key;
    std::string (*text)(double);
  };
  const std::array<Axis, 3> axes = {{
      {"tokens", [](double x) { return fmt::format("tokens ({})", format_count(x)); }},
      {"seconds", [](double x) { return fmt::format("time ({})", format_duration(x)); }},
      {"flops", [](double x) { return fmt::format("compute ({:.2g} operations)", x); }},
  }};
  std::vector<std::string> sentences;
  std::vector<Ranking> rankings;
  for (const Axis& axis : axes) {
    const std::optional<double> limit = reached_by_all(models, axis.key);
    if (!limit) continue;
    const std::string where = axis.text(*limit);
    rankings.push_back(
        ranked("loss at equal " + where.substr(0, where.find(' ')), losses_at(models, axis.key, *limit)));
    sentences.push_back(loss_sentence(where, rankings.back()));
  }
  if (!rankings.empty()) sentences.push_back(seeds_sentence(models));
  add_speed(models, sentences, rankings);
  sentences.push_back(last_sentence(rankings));
  return sentences;
}

}  // namespace sequent
