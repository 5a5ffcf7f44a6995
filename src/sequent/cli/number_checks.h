// Ranges of numbers given as flags, with sentences for people; CLI11's own name limits like 1.8e308.
#pragma once

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include "sequent/base/parse_number.h"

namespace sequent {

/// A number of type T for which obeys(number) holds; otherwise wrong usage: "must be {rule}, got {text}".
template <class T, class Rule>
CLI::Validator number(const char* rule, Rule obeys) {
  return CLI::Validator(
      [rule, obeys](const std::string& text) {
        const std::optional<T> value = parse_number<T>(text);
        return value && std::isfinite(static_cast<double>(*value)) && obeys(*value)
                   ? std::string()
                   : fmt::format("must be {}, got {}", rule, text);
      },
      "");
}

inline CLI::Validator not_negative_integer() {
  return number<std::int64_t>("an integer from 0 up", [](std::int64_t n) { return n >= 0; });
}
inline CLI::Validator positive_integer() {
  return number<std::int64_t>("an integer from 1 up", [](std::int64_t n) { return n >= 1; });
}

}  // namespace sequent
