// safetensors files: named tensors read straight from a mapped file, and written so that every other reader of the
// format opens them.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/tensor/tensor.h"

namespace sequent {

/// An open file; copies share it. Tensors stay valid after it is gone.
class SafetensorsFile {
 public:
  /// Maps the file and checks its header (see parse_safetensors for what is refused).
  static SafetensorsFile open(const std::string& path);

  const std::string& path() const;
  /// In the order of the data.
  const std::vector<std::string>& names() const;
  bool contains(std::string_view name) const;
  const std::map<std::string, std::string>& metadata() const;

  /// These load nothing; an absent name is "missing tensor NAME in FILE".
  Shape shape(std::string_view name) const;
  /// As the file says it, e.g. "F64"; not all of the format's types can be loaded.
  const std::string& dtype_name(std::string_view name) const;
  std::int64_t bytes(std::string_view name) const;

  /// The tensor, read-only and in place (copied only when its data are not aligned to its element size). F32, F16,
  /// BF16, I32, I64 and U8 can be loaded; the format's other types are an Error naming tensor and type.
  Tensor tensor(std::string_view name) const;

 private:
  struct State;
  explicit SafetensorsFile(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// Writes all tensors to `path`, replacing it at once or not at all (write_file_atomically). The bytes depend only on
/// the arguments: largest element type first, then by name, as the format's own library orders them. {"format": "pt"},
/// without which the common loaders refuse a file, is added to `metadata` unless it has a format. Errors: a name given
/// twice, reserved or not UTF-8, a tensor without value.
void save_safetensors(const std::string& path, std::span<const NamedTensor> tensors,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace sequent
