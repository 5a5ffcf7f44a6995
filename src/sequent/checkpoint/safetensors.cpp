#include "sequent/checkpoint/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/base/shown_name.h"
#include "sequent/checkpoint/safetensors_header.h"

namespace sequent {
namespace {

struct LoadableType {
  std::string_view name;
  DType dtype;
};
// In the order in which the format's own library writes them.
constexpr std::array<LoadableType, 6> kLoadableTypes = {{{"I64", DType::i64},
                                                         {"F32", DType::f32},
                                                         {"I32", DType::i32},
                                                         {"BF16", DType::bf16},
                                                         {"F16", DType::f16},
                                                         {"U8", DType::u8}}};

std::optional<DType> dtype_named(std::string_view name) {
  for (const LoadableType& type : kLoadableTypes) {
    if (type.name == name) return type.dtype;
  }
  return std::nullopt;
}

std::size_t writing_order(DType dtype) {
  const auto found = std::find_if(kLoadableTypes.begin(), kLoadableTypes.end(),
                                  [&](const LoadableType& type) { return type.dtype == dtype; });
  return static_cast<std::size_t>(found - kLoadableTypes.begin());
}

std::string as_json(const std::string& text, std::string_view path, std::string_view what) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    fail("safetensors: {}: {} {} is not UTF-8", path, what, shown_name(text));
  }
}

std::vector<const NamedTensor*> in_writing_order(const std::string& path, std::span<const NamedTensor> tensors) {
  std::vector<const NamedTensor*> order;
  for (const NamedTensor& named : tensors) {
    check(named.tensor.defined(), "safetensors: {}: tensor {} has no value", path, shown_name(named.name));
    check(named.name != "__metadata__", "safetensors: {}: the name __metadata__ is reserved", path);
    order.push_back(&named);
  }
  std::sort(order.begin(), order.end(), [](const NamedTensor* a, const NamedTensor* b) {
    return std::pair(writing_order(a->tensor.dtype()), std::string_view(a->name)) <
           std::pair(writing_order(b->tensor.dtype()), std::string_view(b->name));
  });
  return order;
}

std::string header_text(const std::string& path, const std::vector<const NamedTensor*>& tensors,
                        std::map<std::string, std::string> metadata) {
  metadata.emplace("format", "pt");
  std::string fields;
  for (const auto& [key, value] : metadata) {
    fields += fmt::format("{}{}:{}", fields.empty() ? "" : ",", as_json(key, path, "metadata key"),
                          as_json(value, path, "metadata value"));
  }
  std::string text = fmt::format("{{\"__metadata__\":{{{}}}", fields);
  std::int64_t begin = 0;
  for (const NamedTensor* named : tensors) {
    std::string shape;
    for (const std::int64_t size : named->tensor.shape().sizes()) {
      shape += fmt::format("{}{}", shape.empty() ? "" : ",", size);
    }
    const std::int64_t end = begin + named->tensor.bytes();
    text += fmt::format(",{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                        as_json(named->name, path, "the name"),
                        kLoadableTypes[writing_order(named->tensor.dtype())].name, shape, begin, end);
    begin = end;
  }
  text += '}';
  // Padded, so that the data begin at a multiple of 8 and larger types stay aligned in a mapped file.
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

bool is_safetensors(std::span<const std::byte> file) {
  return file.size() <= sizeof(std::uint64_t) || file[sizeof(std::uint64_t)] == std::byte{'{'};
}

TensorTable read_safetensors(std::shared_ptr<const MappedFile> file) {
  SafetensorsHeader header = parse_safetensors(file->bytes(), file->path());
  TensorTable table = {.format = "safetensors", .file = file, .entries = {}, .metadata = std::move(header.metadata)};
  for (SafetensorsEntry& entry : header.entries) {
    const auto dtype = dtype_named(entry.dtype);
    table.entries.push_back({.name = std::move(entry.name),
                             .dtype_name = std::move(entry.dtype),
                             .dtype = dtype,
                             .sizes = std::move(entry.shape),
                             .data = {file->data() + entry.begin, file->data() + entry.end}});
  }
  return table;
}

void save_safetensors(const std::string& path, std::span<const NamedTensor> tensors,
                      const std::map<std::string, std::string>& metadata) {
  const std::vector<const NamedTensor*> order = in_writing_order(path, tensors);
  std::vector<std::string_view> names;
  for (const NamedTensor* named : order) names.push_back(named->name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  check(twice == names.end(), "safetensors: {}: tensor {} is given twice", path,
        shown_name(twice == names.end() ? std::string_view() : *twice));
  const std::string header = header_text(path, order, metadata);
  write_file_atomically(path, [&](FileWriter& writer) {
    const std::uint64_t length = header.size();
    writer.write(&length, sizeof(length));
    writer.write(header);
    for (const NamedTensor* named : order) {
      writer.write(named->tensor.raw(), static_cast<std::size_t>(named->tensor.bytes()));
    }
  });
}

}  // namespace sequent
