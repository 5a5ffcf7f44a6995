#include "sequent/eval/curves.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "sequent/base/files.h"
#include "sequent/base/json.h"

namespace sequent {
namespace {

using Json = nlohmann::ordered_json;

struct Point {
  double step, tokens, seconds, loss;
};

std::vector<nlohmann::json> lines_of(const std::string& path) {
  const std::string text = read_text(path);
  std::vector<nlohmann::json> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.push_back(parse_json(std::string_view(text).substr(begin, end - begin), path));
    begin = end + 1;
  }
  return lines;
}

// The lines that have a number under `key`.
std::vector<Point> points_of(const std::vector<nlohmann::json>& lines, const char* key) {
  std::vector<Point> points;
  for (const nlohmann::json& line : lines) {
    const auto loss = line.find(key);
    if (loss == line.end() || !loss->is_number()) continue;
    points.push_back({line.value("step", 0.0), line.value("tokens", 0.0), line.value("seconds", 0.0), *loss});
  }
  return points;
}

// A group's loss is its mean, and stands where the group ends: by then it had been seen.
std::vector<Point> thinned(const std::vector<Point>& all, std::size_t limit) {
  if (all.size() <= limit) return all;
  std::vector<Point> few;
  for (std::size_t i = 0; i < limit; ++i) {
    const std::size_t begin = i * all.size() / limit;
    const std::size_t end = (i + 1) * all.size() / limit;
    Point point = all[end - 1];
    point.loss = 0;
    for (std::size_t j = begin; j < end; ++j) point.loss += all[j].loss / static_cast<double>(end - begin);
    few.push_back(point);
  }
  return few;
}

Json columns(const std::vector<Point>& points, double flops_per_token) {
  Json json;
  for (const char* name : {"step", "tokens", "seconds", "flops", "loss"}) json[name] = Json::array();
  for (const Point& point : points) {
    json["step"].push_back(static_cast<std::int64_t>(point.step));
    json["tokens"].push_back(static_cast<std::int64_t>(point.tokens));
    json["seconds"].push_back(point.seconds);
    json["flops"].push_back(point.tokens * flops_per_token);
    json["loss"].push_back(point.loss);
  }
  return json;
}

// Means by layer over the last quarter of the lines that have any.
Json expert_load(const std::vector<nlohmann::json>& lines) {
  std::vector<const nlohmann::json*> logged;
  for (const nlohmann::json& line : lines) {
    if (line.contains("moe")) logged.push_back(&line["moe"]);
  }
  const std::size_t first = logged.size() - (logged.size() + 3) / 4;
  const auto count = static_cast<double>(logged.size() - first);
  std::map<std::int64_t, Json> layers;
  for (std::size_t i = first; i < logged.size(); ++i) {
    for (const nlohmann::json& layer : *logged[i]) {
      Json& mean = layers[layer.at("layer")];
      if (mean.is_null()) {
        mean = {{"layer", layer.at("layer")},
                {"share", std::vector<double>(layer.at("share").size())},
                {"drop_rate", 0.0},
                {"entropy", 0.0}};
      }
      for (const char* key : {"drop_rate", "entropy"}) {
        mean[key] = mean[key].get<double>() + layer.at(key).get<double>() / count;
      }
      for (std::size_t expert = 0; expert < layer.at("share").size(); ++expert) {
        mean["share"][expert] = mean["share"][expert].get<double>() + layer["share"][expert].get<double>() / count;
      }
    }
  }
  Json json = Json::array();
  for (const auto& [layer, mean] : layers) json.push_back(mean);
  return json;
}

}  // namespace

Json curves_of(const std::string& metrics_path, double flops_per_token, std::size_t points) {
  const std::vector<nlohmann::json> lines = lines_of(metrics_path);
  Json json = {{"curve", columns(thinned(points_of(lines, "loss"), points), flops_per_token)},
               {"validation", columns(points_of(lines, "val_loss"), flops_per_token)}};
  Json moe = expert_load(lines);
  if (!moe.empty()) json["moe"] = std::move(moe);
  return json;
}

}  // namespace sequent
