#include "sequent/infer/state_file.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/hash.h"
#include "sequent/base/parse_number.h"
#include "sequent/checkpoint/safetensors.h"
#include "sequent/infer/sampler.h"

namespace sequent {
namespace {

constexpr const char* kVersionKey = "sequent.session";
constexpr const char* kVersion = "1";
constexpr const char* kModelKey = "model";
constexpr const char* kPositionKey = "position";
constexpr const char* kNoteKey = "note";
constexpr const char* kChecksumKey = "checksum";

using Metadata = std::map<std::string, std::string>;

std::string entry_name(std::size_t layer, const MixerState::Entry& entry) {
  return fmt::format("layers.{}.{}", layer, entry.name);
}

void add(Hash64& hash, const Tensor& tensor) {
  hash.update(tensor.raw(), static_cast<std::size_t>(tensor.bytes()));
}

void add(Hash64& hash, const std::string& text) {
  hash.update(text.data(), text.size() + 1);
}

// Of the names, shapes and bytes in order, and of what else decides how the file is read.
std::string checksum(const std::vector<NamedTensor>& tensors, const Metadata& metadata) {
  Hash64 hash;
  for (const NamedTensor& named : tensors) {
    add(hash, named.name + to_string(named.tensor.shape()));
    add(hash, named.tensor);
  }
  for (const char* key : {kModelKey, kPositionKey}) add(hash, metadata.at(key));
  if (const auto note = metadata.find(kNoteKey); note != metadata.end()) add(hash, note->second);
  return hexadecimal(hash.digest());
}

std::string metadata_of(const TensorFile& file, const char* key) {
  const auto found = file.metadata().find(key);
  check(found != file.metadata().end(), "state: {} is not a saved session: its metadata lack '{}'", file.path(), key);
  return found->second;
}

std::int64_t position_of(const TensorFile& file) {
  const std::string text = metadata_of(file, kPositionKey);
  const std::optional<std::int64_t> position = parse_number<std::int64_t>(text);
  check(position && *position > 0, "state: {}: position must be a positive number, got '{}'", file.path(), text);
  return *position;
}

// A tensor of the given type whose shape is `expected`.
Tensor read(const TensorFile& file, const std::string& name, DType dtype, const Shape& expected) {
  const Tensor tensor = file.tensor(name);
  check(tensor.dtype() == dtype, "state: {}: {} must be {}, got {}", file.path(), name, name_of(dtype),
        name_of(tensor.dtype()));
  check(tensor.shape() == expected, "state: {}: {} must be {}, got {}", file.path(), name, to_string(expected),
        to_string(tensor.shape()));
  return tensor;
}

// The shape that an entry of a layer has at `position`, from the one it has at the beginning.
Shape shape_at(const Shape& initial, bool grows, std::int64_t position) {
  std::vector<std::int64_t> sizes(initial.sizes().begin(), initial.sizes().end());
  if (grows) sizes[0] = position;
  return Shape(sizes);
}

// Tensors in the order in which they are hashed.
std::vector<NamedTensor> tensors_of(const Session& session) {
  std::vector<NamedTensor> tensors;
  const ModelState& state = session.state();
  for (std::size_t i = 0; i < state.layers.size(); ++i) {
    for (const MixerState::Entry& entry : state.layers[i].entries) {
      tensors.push_back({entry_name(i, entry), entry.value.value()});
    }
  }
  tensors.push_back({"logits", session.logits()});
  const auto all = session.recent();
  const auto recent = all.last(std::min(all.size(), static_cast<std::size_t>(kMaximumRepeatWindow)));
  tensors.push_back({"tokens", Tensor::from(recent, {static_cast<std::int64_t>(recent.size())})});
  return tensors;
}

}  // namespace

std::uint64_t fingerprint(const LoadedModel& loaded) {
  Hash64 hash;
  add(hash, layout_for(loaded.model->config()).write(loaded.model->config()).dump());
  for (const Parameter& parameter : loaded.model->parameters().all()) {
    add(hash, parameter.name + to_string(parameter.var.shape()));
    add(hash, parameter.var.value());
  }
  return hash.digest();
}

void save_session(const std::string& path, const LoadedModel& loaded, const Session& session, const std::string& note) {
  check(session.position() > 0, "state: there is nothing to save in {}: no token has been read", path);
  const std::vector<NamedTensor> tensors = tensors_of(session);
  Metadata metadata = {{kVersionKey, kVersion},
                       {kModelKey, hexadecimal(fingerprint(loaded))},
                       {kPositionKey, std::to_string(session.position())}};
  if (!note.empty()) metadata[kNoteKey] = note;
  metadata[kChecksumKey] = checksum(tensors, metadata);
  save_safetensors(path, tensors, metadata);
}

Session load_session(const std::string& path, const LoadedModel& loaded, std::string* note) {
  const TensorFile file = TensorFile::open(path);
  const std::string version = metadata_of(file, kVersionKey);
  check(version == kVersion, "state: {}: {} must be {}, got '{}'", path, kVersionKey, kVersion, version);
  const std::string model = hexadecimal(fingerprint(loaded));
  check(metadata_of(file, kModelKey) == model,
        "state: {} was saved from another model: its fingerprint is {}, this model's is {}", path,
        metadata_of(file, kModelKey), model);
  const std::int64_t position = position_of(file);
  std::vector<NamedTensor> tensors;
  const auto take = [&](const std::string& name, DType dtype, const Shape& shape) {
    tensors.push_back({name, read(file, name, dtype, shape)});
    return tensors.back().tensor;
  };
  ModelState state = loaded.model->initial_state();
  for (std::size_t i = 0; i < state.layers.size(); ++i) {
    const bool grows = loaded.model->layer_state_grows(i);
    for (MixerState::Entry& entry : state.layers[i].entries) {
      // A copy: states are moved on in place where they can be.
      entry.value = take(entry_name(i, entry), DType::f32, shape_at(entry.value.shape(), grows, position)).clone();
    }
    state.layers[i].position = position;
  }
  const Tensor logits = take("logits", DType::f32, {loaded.model->config().vocabulary}).clone();
  const Tensor tokens = take("tokens", DType::i32, {std::min(position, kMaximumRepeatWindow)});
  check(file.names().size() == tensors.size(), "state: {} has {} tensors instead of {}", path, file.names().size(),
        tensors.size());
  check(metadata_of(file, kChecksumKey) == checksum(tensors, file.metadata()),
        "state: {} is damaged: its checksum is not that of its contents", path);
  if (note != nullptr && file.metadata().contains(kNoteKey)) *note = file.metadata().at(kNoteKey);
  const auto* ids = tokens.data<std::int32_t>();
  return {*loaded.model, std::move(state), logits, std::vector<std::int32_t>(ids, ids + tokens.elements())};
}

}  // namespace sequent
