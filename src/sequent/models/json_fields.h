// Reading fields of a config.json with errors that name them.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/fields.h"
#include "sequent/base/json.h"

namespace sequent {

[[noreturn]] inline void refuse_value(const nlohmann::json& value, const char* key) {
  fail("config.json: {} has an unusable value, {}", key, value.dump());
}

/// `value`, which stands at `key`, as a T; a value of another type, or that a T does not hold, is an Error.
template <class T>
T value_of(const nlohmann::json& value, const char* key) {
  if constexpr (std::is_same_v<T, std::int64_t>) {
    const std::optional<std::int64_t> integer = integer_of(value);
    if (!integer) refuse_value(value, key);
    return *integer;
  } else if constexpr (std::is_same_v<T, float>) {
    if (!value.is_number() || std::abs(value.get<double>()) > std::numeric_limits<float>::max()) {
      refuse_value(value, key);
    }
    return static_cast<float>(value.get<double>());
  } else {
    try {
      return value.get<T>();
    } catch (const nlohmann::json::exception&) {
      refuse_value(value, key);
    }
  }
}

/// A number that may be infinite, in any of the forms that published files have: {"__float__": "Infinity"}, or the
/// string alone (as which parse_json also reads the bare token).
float number_of(const nlohmann::json& value, const char* key);

/// The field `key`, or `fallback` when it is missing or null.
template <class T>
T field_or(const nlohmann::json& object, const char* key, T fallback) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? fallback : value_of<T>(*found, key);
}

/// The field `key`; missing is an Error.
template <class T>
T field(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  check(found != object.end() && !found->is_null(), "config.json: {} is missing", key);
  return value_of<T>(*found, key);
}

/// A token id that published files give as an integer, a list (the first counts) or null (-1).
inline std::int64_t token_id(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return -1;
  if (!found->is_array()) return value_of<std::int64_t>(*found, key);
  return found->empty() ? -1 : value_of<std::int64_t>(found->front(), key);
}

/// JSON has doubles, settings are floats: 0.001 becomes just that, without the digits that a float adds to it.
void shorten_floats(nlohmann::json& json);

/// All fields as an object.
nlohmann::json json_of(const std::vector<Field>& fields);
/// Gives fields the values in `object`; those that are missing or null, which is how JSON writes infinity, keep theirs.
/// A key that is no field is an Error.
void read_fields(const nlohmann::json& object, const std::vector<Field>& fields);

}  // namespace sequent
