// GGUF files, version 3: named values, and tensors in the types of GGML. What llama.cpp and its relatives open.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/checkpoint/tensor_file.h"

namespace sequent {

/// The types of values, with the numbers that files have for them.
enum class GgufType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

/// A value as it lies in the file: checked, and decoded when it is asked for.
struct GgufValue {
  GgufType type;  // of the elements, where it is an array
  bool array = false;
  std::uint64_t count = 1;
  std::span<const std::byte> bytes = {};  // of all elements, one after the other
};

/// The named values of a file.
class GgufMetadata {
 public:
  GgufMetadata(std::shared_ptr<const MappedFile> file, std::map<std::string, GgufValue, std::less<>> values)
      : file_(std::move(file)), values_(std::move(values)) {}

  const std::string& path() const { return file_->path(); }
  bool contains(std::string_view key) const { return values_.contains(key); }
  const std::map<std::string, GgufValue, std::less<>>& values() const { return values_; }

  /// Absent, or of another type: an Error with file and key. Integers of any width are integers, and numbers too.
  std::int64_t integer(std::string_view key) const;
  double number(std::string_view key) const;
  bool boolean(std::string_view key) const;
  std::string_view text(std::string_view key) const;
  std::vector<std::int64_t> integers(std::string_view key) const;
  std::vector<double> numbers(std::string_view key) const;
  std::vector<std::string_view> texts(std::string_view key) const;
  /// The same of values that need not be there.
  bool boolean_or(std::string_view key, bool otherwise) const { return contains(key) ? boolean(key) : otherwise; }
  std::string_view text_or(std::string_view key, std::string_view otherwise) const {
    return contains(key) ? text(key) : otherwise;
  }

 private:
  const GgufValue& value(std::string_view key, bool array) const;

  std::shared_ptr<const MappedFile> file_;
  std::map<std::string, GgufValue, std::less<>> values_;
};

bool is_gguf(std::span<const std::byte> file);

/// The tensors; single values among the metadata as text. Refused, with the place and the rule: other versions; counts
/// and lengths beyond the file; nested arrays; keys or names given twice; an alignment that is no power of two; sizes
/// that overflow, or rows that are no whole number of blocks; types that are not of this format; data that are not
/// packed in order, or end beyond the file. Types of GGML that Tensor has not can be listed.
TensorTable read_gguf(std::shared_ptr<const MappedFile> file);
/// The values alone.
GgufMetadata read_gguf_metadata(const std::string& path);

/// All files of the model that `file` is a part of, in order: NAME-00001-of-00003.gguf and its like for one that says
/// that it was split, `file` itself otherwise.
std::vector<std::string> gguf_parts(const TensorFile& file);

}  // namespace sequent
