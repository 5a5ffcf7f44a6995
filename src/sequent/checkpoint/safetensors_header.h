// The header of a safetensors file: which tensors it holds and where. The layout is 8 bytes N (little-endian), N bytes
// of JSON, then the data; every rule of the format is checked here, once, before anything is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/tensor/shape.h"

namespace sequent {

struct SafetensorsEntry {
  std::string name;
  /// As the file says it: "F32", "BF16", "F64", ...; always one of the format's types.
  std::string dtype;
  /// Sizes are zero or more; the element count fits 63 bits.
  std::vector<std::int64_t> shape;
  /// Bytes [begin, end) counted from the start of the file.
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

struct SafetensorsHeader {
  /// In the order of the data.
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// Parses and checks the whole file (the data themselves are not read). `file` is named in errors, which say
/// "safetensors: FILE: WHERE: RULE, got VALUE". Refused: a file or header cut short, a header above 100 MB or that is
/// not a JSON object of the form {name: {"dtype", "shape", "data_offsets"}}, names given twice, unknown dtypes, sizes
/// that overflow, and data that overlap, leave holes, or do not end with the file.
SafetensorsHeader parse_safetensors(std::span<const std::byte> bytes, std::string_view file);

}  // namespace sequent
