#include "sequent/base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "sequent/base/error.h"
#include "sequent/base/files.h"

namespace sequent {
namespace {

constexpr int kMaximumDepth = 64;

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
}

// The text with quotes around what Python writes for numbers that JSON does not have.
std::string with_quoted_constants(std::string_view text) {
  std::string result;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size();) {
    if (in_string || !is_word(text[i])) {
      // A backslash takes the next character with it.
      const std::size_t count = in_string && text[i] == '\\' && i + 1 < text.size() ? 2 : 1;
      if (text[i] == '"') in_string = !in_string;
      result += text.substr(i, count);
      i += count;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && is_word(text[end])) ++end;
    const std::string_view word = text.substr(i, end - i);
    const bool constant = word == "Infinity" || word == "-Infinity" || word == "NaN";
    result += constant ? fmt::format("\"{}\"", word) : std::string(word);
    i = end;
  }
  return result;
}

nlohmann::json parse_strict(std::string_view text, std::string_view file) {
  const auto bounded = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    check(depth <= kMaximumDepth, "{}: JSON nested deeper than {}", file, kMaximumDepth);
    return true;
  };
  try {
    return nlohmann::json::parse(text.begin(), text.end(), bounded);
  } catch (const nlohmann::json::parse_error& error) {
    const std::string_view before = text.substr(0, std::min(error.byte, text.size()));
    fail("{}: not valid JSON, line {}, byte {} of {}", file, 1 + std::count(before.begin(), before.end(), '\n'),
         error.byte, text.size());
  } catch (const nlohmann::json::exception&) {
    fail("{}: JSON holds a number out of range", file);
  }
}

}  // namespace

nlohmann::json parse_json(std::string_view text, std::string_view file) {
  const bool constants = text.find("Infinity") != text.npos || text.find("NaN") != text.npos;
  return constants ? parse_strict(with_quoted_constants(text), file) : parse_strict(text, file);
}

nlohmann::json read_json_object(const std::string& path) {
  nlohmann::json value = parse_json(read_text(path), path);
  check(value.is_object(), "{}: must be a JSON object, got {}", path, value.type_name());
  return value;
}

std::optional<std::int64_t> integer_of(const nlohmann::json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    return number <= INT64_MAX ? std::optional(static_cast<std::int64_t>(number)) : std::nullopt;
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_number_float()) return std::nullopt;
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  const auto number = value.get<double>();
  const bool fits = number >= -kLimit && number < kLimit && std::trunc(number) == number;
  return fits ? std::optional(static_cast<std::int64_t>(number)) : std::nullopt;
}

}  // namespace sequent
