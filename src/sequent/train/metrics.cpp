#include "sequent/train/metrics.h"

#include <fmt/core.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace sequent {
namespace {

struct Key {
  const char* name;
  std::optional<double> StepMetrics::*value;
};
constexpr std::array<Key, 17> kKeys = {{{"loss", &StepMetrics::loss},
                                        {"aux_loss", &StepMetrics::aux_loss},
                                        {"val_loss", &StepMetrics::val_loss},
                                        {"lr", &StepMetrics::lr},
                                        {"grad_norm", &StepMetrics::grad_norm},
                                        {"tokens_per_second", &StepMetrics::tokens_per_second},
                                        {"seconds", &StepMetrics::seconds},
                                        {"clips_per_second", &StepMetrics::clips_per_second},
                                        {"data_wait", &StepMetrics::data_wait},
                                        {"feature_std", &StepMetrics::feature_std},
                                        {"effective_rank", &StepMetrics::effective_rank},
                                        {"target_norm", &StepMetrics::target_norm},
                                        {"token_cosine", &StepMetrics::token_cosine},
                                        {"context_share", &StepMetrics::context_share},
                                        {"weight_decay", &StepMetrics::weight_decay},
                                        {"momentum", &StepMetrics::momentum},
                                        {"probe_accuracy", &StepMetrics::probe_accuracy}}};

std::vector<Scalar> scalars_of(const StepMetrics& metrics) {
  std::vector<Scalar> scalars;
  for (const Key& key : kKeys) {
    if (const auto& value = metrics.*key.value) scalars.push_back({key.name, static_cast<float>(*value)});
  }
  for (const ExpertLoad& layer : metrics.moe) {
    const std::string prefix = fmt::format("moe/{}/", layer.layer);
    scalars.push_back({prefix + "drop_rate", static_cast<float>(layer.drop_rate)});
    scalars.push_back({prefix + "entropy", static_cast<float>(layer.entropy)});
    for (std::size_t expert = 0; expert < layer.share.size(); ++expert) {
      scalars.push_back({fmt::format("{}share/{}", prefix, expert), static_cast<float>(layer.share[expert])});
    }
  }
  return scalars;
}

/// The step of a line of metrics.jsonl; nothing when the line is torn.
std::optional<std::int64_t> step_of(std::string_view line) {
  const nlohmann::json value = nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
  if (!value.is_object()) return std::nullopt;
  const auto step = value.find("step");
  if (step == value.end() || !step->is_number_integer()) return std::nullopt;
  return step->get<std::int64_t>();
}

}  // namespace

std::string to_json_line(const StepMetrics& metrics) {
  nlohmann::ordered_json line = {{"step", metrics.step}};
  if (metrics.tokens) line["tokens"] = *metrics.tokens;
  for (const Key& key : kKeys) {
    if (const auto& value = metrics.*key.value) line[key.name] = *value;
  }
  if (metrics.skipped_videos) line["skipped_videos"] = *metrics.skipped_videos;
  for (const ExpertLoad& layer : metrics.moe) {
    line["moe"].push_back(
        {{"layer", layer.layer}, {"share", layer.share}, {"drop_rate", layer.drop_rate}, {"entropy", layer.entropy}});
  }
  return line.dump();
}

MetricsLog::MetricsLog(const std::string& directory, std::int64_t finished_steps)
    : lines_((std::filesystem::path(directory) / "metrics.jsonl").string(), FileWriter::Mode::append),
      tensorboard_(directory, finished_steps == 0 ? 0 : finished_steps + 1) {}

void MetricsLog::add(const StepMetrics& metrics) {
  lines_.write(to_json_line(metrics) + "\n");
  lines_.flush();
  tensorboard_.add(metrics.step, scalars_of(metrics));
}

void cut_metrics(const std::string& path, std::int64_t step) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return;
  const std::string text = read_text(path);
  std::string kept;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;  // torn: every whole line ends with its newline
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    const auto found = step_of(line);
    if (found && *found <= step) kept.append(line).append("\n");
    begin = end + 1;
  }
  if (kept != text) write_file_atomically(path, kept);
}

}  // namespace sequent
