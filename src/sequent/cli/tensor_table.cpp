#include "sequent/cli/tensor_table.h"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "sequent/base/units.h"
#include "sequent/cli/common.h"

namespace sequent {
namespace {

using nlohmann::json;

std::string size_text(const json& bytes) {
  return format_bytes(bytes.get<double>());
}

// Metadata may hold whole documents.
std::string shortened(const std::string& text) {
  constexpr std::size_t kShown = 80;
  std::string line = text.substr(0, kShown);
  for (char& c : line) c = static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return line + (text.size() > kShown ? "..." : "");
}

}  // namespace

json tensor_table(const WeightSource& weights) {
  json table = json::array();
  for (const std::string& name : weights.names()) {
    const TensorEntry& entry = weights.entry(name);
    table.push_back({{"name", name},
                     {"dtype", entry.dtype ? std::string(name_of(*entry.dtype)) : entry.dtype_name},
                     {"shape", entry.sizes},
                     {"bytes", weights.bytes(name)}});
  }
  return table;
}

json facts_of_files(const WeightSource& weights) {
  json files = json::array(), metadata = json::object();
  std::int64_t bytes = 0;
  std::string format;
  for (const TensorFile& file : weights.files()) {
    files.push_back(file.path());
    format = file.format();
    for (const auto& [key, value] : file.metadata()) metadata[key] = value;
  }
  for (const std::string& name : weights.names()) bytes += weights.bytes(name);
  return {{"format", format}, {"files", std::move(files)}, {"bytes", bytes}, {"metadata", std::move(metadata)}};
}

void print_files(const json& files, const json& tensors, bool with_table) {
  std::map<std::string, std::pair<std::int64_t, double>> types;
  for (const json& tensor : tensors) {
    auto& [count, bytes] = types[tensor["dtype"].get<std::string>()];
    ++count;
    bytes += tensor["bytes"].get<double>();
  }
  std::string by_type;
  for (const auto& [name, of_type] : types) {
    by_type +=
        fmt::format("{}{} {} ({})", by_type.empty() ? "" : ", ", of_type.first, name, format_bytes(of_type.second));
  }
  write_out(fmt::format("files          {} of {}, {}\n", files["files"].size(), files["format"].get<std::string>(),
                        size_text(files["bytes"])));
  write_out(fmt::format("tensors        {}: {}\n", tensors.size(), by_type));
  for (const auto& [key, value] : files["metadata"].items()) {
    write_out(fmt::format("metadata       {} = {}\n", shortened(key), shortened(value.get<std::string>())));
  }
  if (!with_table) return;
  for (const json& tensor : tensors) {
    write_out(fmt::format("  {:<56} {:<5} {:>10}  {}\n", tensor["name"].get<std::string>(),
                          tensor["dtype"].get<std::string>(), size_text(tensor["bytes"]), tensor["shape"].dump()));
  }
}

}  // namespace sequent
