// A file of named tensors, whatever its format: weights are loaded from it, and `inspect` lists it. A reader of a
// format checks a mapped file once and makes a table of it; everything after that is the same for all formats.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/base/files.h"
#include "sequent/tensor/tensor.h"

namespace sequent {

/// One tensor of a file. The reader has checked that `data` lies within the file and holds what sizes, strides and type
/// ask for.
struct TensorEntry {
  std::string name;
  /// As the format calls it: "F64", "bfloat16", "Q4_K", ...
  std::string dtype_name;
  /// Absent: a type that Tensor has not; it can be listed, and its bytes can be had.
  std::optional<DType> dtype;
  /// The last axis varies fastest, whichever way round the format writes them.
  std::vector<std::int64_t> sizes;
  /// From the first byte of the tensor to the last.
  std::span<const std::byte> data;
  /// Of views that are not row-major and dense, in elements (none negative), with the bytes of one element.
  std::vector<std::int64_t> strides = {};
  std::int64_t element_bytes = 0;
};

/// What a reader makes of a file.
struct TensorTable {
  /// Named in errors: "safetensors", ...
  std::string_view format;
  std::shared_ptr<const MappedFile> file;
  /// No name twice.
  std::vector<TensorEntry> entries;
  std::map<std::string, std::string> metadata = {};
};

/// An open file; copies share it. Tensors stay valid after it is gone.
class TensorFile {
 public:
  /// Maps the file, finds out its format from its contents (never from its name), and checks it as the reader of the
  /// format says. Error: no known format.
  static TensorFile open(const std::string& path);
  explicit TensorFile(TensorTable table);

  const std::string& path() const;
  std::string_view format() const;
  /// In the order of the file.
  const std::vector<std::string>& names() const;
  bool contains(std::string_view name) const;
  const std::map<std::string, std::string>& metadata() const;

  /// These load nothing; an absent name is "missing tensor NAME in FILE".
  const TensorEntry& entry(std::string_view name) const;
  Shape shape(std::string_view name) const;
  const std::string& dtype_name(std::string_view name) const { return entry(name).dtype_name; }
  /// Of its elements, laid out densely.
  std::int64_t bytes(std::string_view name) const;

  /// The tensor, read-only and in place (copied only when its data are not aligned to its element size, or not dense).
  /// A type that Tensor has not is an Error naming tensor and type, as is a view that repeats elements.
  Tensor tensor(std::string_view name) const;
  /// Its bytes, whatever its type: u8 [bytes], read-only and in place where dense.
  Tensor raw(std::string_view name) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace sequent
