// Ranges of numbers given as flags, with sentences for people; CLI11's own name limits like 1.8e308.
#pragma once

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include "sequent/base/parse_number.h"
#include "sequent/base/units.h"

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
/// A context as people write it: "16k" is 16384. For transform().
inline CLI::Validator context_length() {
  return CLI::Validator(
      [](std::string& text) {
        const std::optional<std::int64_t> tokens = parse_context(text);
        if (!tokens) return fmt::format("must be a number of tokens from 1 up, such as 512 or 16k, got {}", text);
        text = std::to_string(*tokens);
        return std::string();
      },
      "");
}
inline CLI::Validator positive_integer() {
  return number<std::int64_t>("an integer from 1 up", [](std::int64_t n) { return n >= 1; });
}

}  // namespace sequent
