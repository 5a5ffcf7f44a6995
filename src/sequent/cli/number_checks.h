// Ranges of numbers given as flags, with sentences for people; CLI11's own name limits like 1.8e308.
#pragma once

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

namespace sequent {

/// A number of type T for which obeys(number) holds; otherwise wrong usage: "must be {rule}, got {text}".
template <class T, class Rule>
CLI::Validator number(const char* rule, Rule obeys) {
  return CLI::Validator(
      [rule, obeys](const std::string& text) {
        T value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool whole = error == std::errc() && end == text.data() + text.size();
        return whole && std::isfinite(static_cast<double>(value)) && obeys(value)
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
