// Reading fields of a config.json with errors that name them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "sequent/base/error.h"

namespace sequent {

/// The field `key`, or `fallback` when it is missing or null. A value of another type is an Error.
template <class T>
T field_or(const nlohmann::json& object, const char* key, T fallback) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return fallback;
  try {
    return found->get<T>();
  } catch (const nlohmann::json::exception&) {
    fail("config.json: {} has an unusable value, {}", key, found->dump());
  }
}

/// The field `key`; missing is an Error.
template <class T>
T field(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  check(found != object.end() && !found->is_null(), "config.json: {} is missing", key);
  return field_or<T>(object, key, T());
}

/// A token id that published files give as an integer, a list (the first counts) or null (-1).
inline std::int64_t token_id(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return -1;
  if (found->is_array()) return found->empty() ? -1 : found->front().get<std::int64_t>();
  return field<std::int64_t>(object, key);
}

}  // namespace sequent
