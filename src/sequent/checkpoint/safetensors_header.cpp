#include "sequent/checkpoint/safetensors_header.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/base/shown_name.h"

namespace sequent {
namespace {

constexpr std::uint64_t kMaximumHeader = 100'000'000;
constexpr std::int64_t kLengthBytes = 8;
constexpr std::string_view kMetadata = "__metadata__";

struct FormatType {
  std::string_view name;
  std::int64_t bytes;
};
constexpr std::array<FormatType, 15> kFormatTypes = {{{"BOOL", 1},
                                                      {"U8", 1},
                                                      {"I8", 1},
                                                      {"F8_E5M2", 1},
                                                      {"F8_E4M3", 1},
                                                      {"I16", 2},
                                                      {"U16", 2},
                                                      {"F16", 2},
                                                      {"BF16", 2},
                                                      {"I32", 4},
                                                      {"U32", 4},
                                                      {"F32", 4},
                                                      {"F64", 8},
                                                      {"I64", 8},
                                                      {"U64", 8}}};

std::int64_t bytes_of(std::string_view dtype) {
  for (const FormatType& type : kFormatTypes) {
    if (type.name == dtype) return type.bytes;
  }
  return 0;
}

/// Receives the JSON events of a header. The format allows exactly three levels, so the place in it is a handful of
/// flags, and neither nesting nor repeated keys (which a document tree would silently merge) can pass.
class HeaderReader {
 public:
  HeaderReader(SafetensorsHeader& header, std::string_view file) : header_(header), file_(file) {}

  bool start_object(std::size_t) {
    if (level_ == 1 && name_ == kMetadata) {
      expect(!metadata_seen_, "is given twice");
      metadata_seen_ = true;
    } else if (level_ == 1) {
      begin_tensor();
    } else {
      expect(level_ == 0, "an object is out of place");
    }
    ++level_;
    return true;
  }

  bool key(std::string& text) {
    if (level_ == 1) {
      name_ = text;
      field_.clear();
      return true;
    }
    field_ = text;
    if (in_metadata()) {
      expect(!header_.metadata.contains(text), "is given twice");
      return true;
    }
    const int bit = field_ == "dtype" ? 1 : field_ == "shape" ? 2 : field_ == "data_offsets" ? 4 : 0;
    expect(bit != 0, "is not a field of the format");
    expect((fields_seen_ & bit) == 0, "is given twice");
    fields_seen_ |= bit;
    return true;
  }

  bool string(std::string& text) {
    if (level_ == 2 && in_metadata()) {
      header_.metadata.emplace(field_, text);
      return true;
    }
    expect(level_ == 2 && !in_array_ && field_ == "dtype", "must not be a string");
    entry().dtype = text;
    return true;
  }

  bool start_array(std::size_t) {
    expect(level_ == 2 && !in_metadata() && !in_array_ && field_ != "dtype", "must not be an array");
    in_array_ = true;
    numbers_.clear();
    return true;
  }

  bool number_unsigned(std::uint64_t number) {
    expect(in_array_, "must not be a number");
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) refuse("does not fit 63 bits");
    numbers_.push_back(static_cast<std::int64_t>(number));
    return true;
  }

  bool end_array() {
    in_array_ = false;
    if (field_ == "shape") {
      entry().shape = std::move(numbers_);
    } else {
      expect(numbers_.size() == 2, "must be [begin, end]");
      entry().begin = numbers_[0];
      entry().end = numbers_[1];
    }
    numbers_ = {};
    return true;
  }

  bool end_object() {
    --level_;
    if (level_ != 1 || in_metadata()) return true;
    field_.clear();
    expect(fields_seen_ == 7, "must have dtype, shape and data_offsets");
    return true;
  }

  bool number_integer(std::int64_t) { refuse("numbers must not be negative"); }
  bool number_float(double, const std::string&) { refuse("numbers must be whole and fit 63 bits"); }
  bool boolean(bool) { refuse("must not be true or false"); }
  bool null() { refuse("must not be null"); }
  bool binary(nlohmann::json::binary_t&) { refuse("must not be binary"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    fail("safetensors: {}: header is not valid JSON at its byte {}", file_, position);
  }

 private:
  bool in_metadata() const { return name_ == kMetadata; }
  SafetensorsEntry& entry() { return header_.entries.back(); }

  void begin_tensor() {
    expect(names_.insert(name_).second, "is given twice");
    header_.entries.emplace_back().name = name_;
    fields_seen_ = 0;
  }

  [[noreturn]] void refuse(std::string_view rule) const {
    if (level_ == 0) fail("safetensors: {}: header must be a JSON object", file_);
    fail("safetensors: {}: {}{}{}: {}", file_, in_metadata() ? "" : "tensor ", shown_name(name_),
         field_.empty() ? "" : ": " + shown_name(field_), rule);
  }
  void expect(bool condition, std::string_view rule) const {
    if (!condition) refuse(rule);
  }

  SafetensorsHeader& header_;
  std::string_view file_;
  std::unordered_set<std::string> names_;
  std::string name_;   // the key at level 1: a tensor, or __metadata__
  std::string field_;  // the key at level 2
  std::vector<std::int64_t> numbers_;
  int level_ = 0;
  int fields_seen_ = 0;
  bool in_array_ = false;
  bool metadata_seen_ = false;
};

/// Bytes that dtype and shape ask for.
std::int64_t bytes_needed(const SafetensorsEntry& entry, std::string_view file) {
  std::int64_t bytes = bytes_of(entry.dtype);
  check(bytes > 0, "safetensors: {}: tensor {}: dtype: unknown type {}", file, shown_name(entry.name),
        shown_name(entry.dtype));
  bool empty = false;
  for (const std::int64_t size : entry.shape) {
    empty = empty || size == 0;
    check(!__builtin_mul_overflow(bytes, std::max<std::int64_t>(size, 1), &bytes),
          "safetensors: {}: tensor {}: shape: the number of bytes does not fit 63 bits", file, shown_name(entry.name));
  }
  return empty ? 0 : bytes;
}

/// The data must follow one another without hole or overlap from the first byte to the last.
void check_layout(std::vector<SafetensorsEntry>& entries, std::int64_t data_bytes, std::string_view file) {
  std::int64_t previous = 0;
  for (const SafetensorsEntry& entry : entries) {
    const auto refuse = [&](std::string_view rule, std::int64_t value) {
      fail("safetensors: {}: tensor {}: data_offsets [{}, {}]: {} {}", file, shown_name(entry.name), entry.begin,
           entry.end, rule, value);
    };
    if (entry.begin != previous) refuse("must begin where the data before end,", previous);
    if (entry.end < entry.begin || entry.end > data_bytes)
      refuse("must lie within the data, whose size is", data_bytes);
    const std::int64_t needed = bytes_needed(entry, file);
    if (entry.end - entry.begin != needed) refuse("dtype and shape ask for a number of bytes of", needed);
    previous = entry.end;
  }
  check(previous == data_bytes, "safetensors: {}: data: tensors end at byte {}, the file at byte {}", file, previous,
        data_bytes);
}

}  // namespace

SafetensorsHeader parse_safetensors(std::span<const std::byte> bytes, std::string_view file) {
  check(bytes.size() >= kLengthBytes, "safetensors: {}: header length: the file has only {} bytes", file, bytes.size());
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  check(length > 0 && length <= kMaximumHeader, "safetensors: {}: header length: must be 1 to {}, got {}", file,
        kMaximumHeader, length);
  check(length <= bytes.size() - kLengthBytes, "safetensors: {}: header length: {} bytes, but only {} follow", file,
        length, bytes.size() - kLengthBytes);
  const char* text = reinterpret_cast<const char*>(bytes.data()) + kLengthBytes;
  check(*text == '{', "safetensors: {}: header must begin with '{{'", file);

  // The JSON parser takes a zero byte for the end of its input and would not look at what follows.
  const std::size_t zero = std::string_view(text, length).find('\0');
  check(zero == std::string_view::npos, "safetensors: {}: header is not valid JSON at its byte {}", file, zero + 1);

  SafetensorsHeader header;
  HeaderReader reader(header, file);
  nlohmann::json::sax_parse(text, text + length, &reader);
  const std::int64_t data_begin = kLengthBytes + static_cast<std::int64_t>(length);
  // Empty tensors share their begin with the tensor after them, so the end decides.
  std::sort(header.entries.begin(), header.entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_layout(header.entries, static_cast<std::int64_t>(bytes.size()) - data_begin, file);
  for (SafetensorsEntry& entry : header.entries) {
    entry.begin += data_begin;
    entry.end += data_begin;
  }
  return header;
}

}  // namespace sequent
