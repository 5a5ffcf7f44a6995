#include "sequent/base/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sequent/base/error.h"
#include "sequent/base/files.h"

namespace sequent {
namespace {

constexpr int kMaximumDepth = 64;

}  // namespace

nlohmann::json parse_json(std::string_view text, std::string_view file) {
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

nlohmann::json read_json_object(const std::string& path) {
  nlohmann::json value = parse_json(read_text(path), path);
  check(value.is_object(), "{}: must be a JSON object, got {}", path, value.type_name());
  return value;
}

}  // namespace sequent
