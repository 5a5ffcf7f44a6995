#include "sequent/checkpoint/weights.h"

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "sequent/base/error.h"
#include "sequent/base/half.h"
#include "sequent/base/json.h"
#include "sequent/base/shown_name.h"
#include "sequent/base/threads.h"
#include "sequent/checkpoint/gguf.h"

namespace sequent {
namespace {

namespace fs = std::filesystem;

// What a model directory may hold, in the order in which it counts.
constexpr std::array<std::string_view, 2> kSingleFiles = {"model.safetensors", "pytorch_model.bin"};
constexpr std::string_view kIndexSuffix = ".index.json";

/// Shard names come from a file we did not write: only plain names in the same directory are followed.
void check_shard_name(const std::string& name, const std::string& index_path) {
  const bool plain = !name.empty() && name != "." && name != ".." && name.find_first_of("/\\:") == std::string::npos &&
                     name.find('\0') == std::string::npos;
  check(plain, "{}: weight_map: {} is not a plain file name", index_path, shown_name(name));
}

/// Glob with '*' only; backtracks to the last star, so the work is bounded by the product of the lengths.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

template <class Convert>
void convert(const std::uint16_t* from, float* to, std::int64_t count, Convert convert_one) {
  parallel_for(0, count, 1 << 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) to[i] = convert_one(from[i]);
  });
}

// Integers are not weights.
bool is_real(std::optional<DType> dtype) {
  return dtype && (*dtype == DType::f32 || *dtype == DType::f16 || *dtype == DType::bf16 || is_quantised(*dtype));
}

}  // namespace

WeightSource WeightSource::open(const std::string& path, std::string_view under) {
  WeightSource source;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    source.open_directory(path);
  } else {
    source.open_file(path);
  }
  if (!under.empty()) source.keep_those_under(under);
  return source;
}

void WeightSource::open_directory(const std::string& path) {
  std::error_code error;
  for (const std::string_view name : kSingleFiles) {
    const std::string file = (fs::path(path) / name).string();
    const std::string index = file + std::string(kIndexSuffix);
    if (fs::exists(file, error)) return open_file(file);
    if (fs::exists(index, error)) return open_shards(path, index);
  }
  fail("{}: no weights here: neither {} nor {}, nor an index of shards (such as {}{})", path, kSingleFiles[0],
       kSingleFiles[1], kSingleFiles[0], kIndexSuffix);
}

void WeightSource::open_file(const std::string& path) {
  path_ = path;
  files_.push_back(TensorFile::open(path));
  // Of a model in parts, all are opened, whichever was named.
  const std::vector<std::string> parts = gguf_parts(files_.front());
  if (parts.size() > 1) {
    files_.clear();
    for (const std::string& part : parts) files_.push_back(TensorFile::open(part));
  }
  for (std::size_t i = 0; i < files_.size(); ++i) {
    for (const std::string& name : files_[i].names()) {
      check(places_.emplace(name, i).second, "{}: tensor {} is in another part already", files_[i].path(),
            shown_name(name));
    }
  }
}

void WeightSource::keep_those_under(std::string_view under) {
  std::map<std::string, std::size_t, std::less<>> kept;
  for (const auto& [name, place] : places_) {
    if (name.starts_with(under) && name.size() > under.size()) kept.emplace(name.substr(under.size()), place);
  }
  check(!kept.empty(), "{}: no tensor's name begins with {}", path_, shown_name(under));
  places_ = std::move(kept);
  under_ = under;
}

void WeightSource::open_shards(const std::string& directory, const std::string& index_path) {
  path_ = directory;
  const nlohmann::json index = read_json_object(index_path);
  const auto map = index.find("weight_map");
  check(map != index.end() && map->is_object(), "{}: weight_map: must be an object of tensor names to file names",
        index_path);
  std::map<std::string, std::size_t> shards;
  for (const auto& [name, value] : map->items()) {
    check(value.is_string(), "{}: weight_map: {}: must be a file name", index_path, shown_name(name));
    const std::string& shard = value.get_ref<const std::string&>();
    check_shard_name(shard, index_path);
    const auto [place, is_new] = shards.emplace(shard, files_.size());
    if (is_new) files_.push_back(TensorFile::open((fs::path(directory) / shard).string()));
    const TensorFile& file = files_[place->second];
    check(file.contains(name), "missing tensor {} in {}, where {} places it", shown_name(name), file.path(),
          index_path);
    places_.emplace(name, place->second);
  }
  for (std::size_t i = 0; i < files_.size(); ++i) {
    for (const std::string& name : files_[i].names()) {
      const auto place = places_.find(name);
      check(place != places_.end() && place->second == i, "{}: tensor {} is not listed in {}", files_[i].path(),
            shown_name(name), index_path);
    }
  }
}

std::vector<std::string> WeightSource::names() const {
  std::vector<std::string> names;
  for (const auto& [name, place] : places_) names.push_back(name);
  return names;
}

const TensorFile& WeightSource::file_of(std::string_view name) const {
  const auto place = places_.find(name);
  check(place != places_.end(), "missing tensor {} in {}", shown_name(name), path_);
  return files_[place->second];
}

Shape WeightSource::shape(std::string_view name) const {
  return file_of(name).shape(full(name));
}

Tensor WeightSource::tensor(std::string_view name) {
  Tensor tensor = file_of(name).tensor(full(name));
  taken_.emplace(name);
  return tensor;
}

Tensor WeightSource::float_tensor(std::string_view name) {
  return to_float(stored_tensor(name), name);
}

Tensor WeightSource::stored_tensor(std::string_view name) {
  check(is_real(entry(name).dtype),
        "{}: tensor {} must be f32, f16, bf16 or of a known block type to be used as floats, got {}",
        file_of(name).path(), shown_name(name), entry(name).dtype_name);
  return tensor(name);
}

Tensor WeightSource::raw(std::string_view name) {
  Tensor bytes = file_of(name).raw(full(name));
  taken_.emplace(name);
  return bytes;
}

void WeightSource::expect_all_taken(std::span<const std::string> ignorable) const {
  constexpr int kShown = 10;
  std::string listed;
  int unknown = 0;
  for (const auto& [name, place] : places_) {
    if (taken_.contains(name)) continue;
    bool ignored = false;
    for (const std::string& pattern : ignorable) ignored = ignored || matches(pattern, name);
    if (ignored) continue;
    if (unknown++ < kShown) listed += (listed.empty() ? "" : ", ") + shown_name(name);
  }
  if (unknown == 0) return;
  if (unknown > kShown) listed += fmt::format(" and {} more", unknown - kShown);
  fail("unknown tensor{} in {}: {}", unknown == 1 ? "" : "s", path_, listed);
}

Tensor to_float(const Tensor& tensor, std::string_view name) {
  if (tensor.dtype() == DType::f32) return tensor;
  check(tensor.dtype() == DType::f16 || tensor.dtype() == DType::bf16, "tensor {}: cannot convert {} to f32",
        shown_name(name), name_of(tensor.dtype()));
  Tensor floats = Tensor::empty(tensor.shape());
  const std::uint16_t* from = tensor.data<std::uint16_t>();
  if (tensor.dtype() == DType::f16) {
    convert(from, floats.mutable_floats(), tensor.elements(), float_from_f16);
  } else {
    convert(from, floats.mutable_floats(), tensor.elements(), float_from_bf16);
  }
  return floats;
}

}  // namespace sequent
