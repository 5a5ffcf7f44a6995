// One description of a configuration as values of a GGUF file, for both directions. Private to this room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sequent/checkpoint/gguf.h"
#include "sequent/checkpoint/gguf_writer.h"
#include "sequent/checkpoint/safetensors.h"
#include "sequent/checkpoint/weights.h"

namespace sequent {

/// Reading, every call gives its variable the value of the key ("ARCHITECTURE.key"); writing, it writes it down.
class GgufExchange {
 public:
  GgufExchange(const GgufMetadata& from, WeightSource& weights, std::string_view architecture)
      : prefix_(std::string(architecture) + "."), from_(&from), weights_(&weights) {}
  GgufExchange(GgufValues& to, std::string_view architecture) : prefix_(std::string(architecture) + "."), to_(&to) {}

  bool reading() const { return from_ != nullptr; }
  /// Reading only: what the tensors say.
  WeightSource& weights() const { return *weights_; }
  const GgufMetadata& metadata() const { return *from_; }

  /// Missing is an Error.
  void integer(std::string_view key, std::int64_t& value);
  void number(std::string_view key, float& value);
  /// Missing leaves the value as it is.
  void optional_integer(std::string_view key, std::int64_t& value);
  void optional_number(std::string_view key, float& value);
  void optional_boolean(std::string_view key, bool& value);
  void optional_text(std::string_view key, std::string& value);
  /// An array, or a single value that stands for `count` equal ones; always written as an array.
  void integers(std::string_view key, std::vector<std::int64_t>& values, std::int64_t count);
  /// Written for readers that ask for it, and not read.
  void constant(std::string_view key, std::int64_t value);
  /// Without the prefix; -1 where it is missing, and then not written.
  void token(std::string_view key, std::int64_t& value);

  /// Writing only: a tensor that follows from the configuration, and all of them.
  void write_tensor(std::string name, Tensor value) { tensors_.push_back({std::move(name), std::move(value)}); }
  const std::vector<NamedTensor>& tensors() const { return tensors_; }

 private:
  std::string full(std::string_view key) const { return prefix_ + std::string(key); }
  void write(std::string key, std::int64_t value);

  std::string prefix_;
  const GgufMetadata* from_ = nullptr;
  WeightSource* weights_ = nullptr;
  GgufValues* to_ = nullptr;
  std::vector<NamedTensor> tensors_;
};

}  // namespace sequent
