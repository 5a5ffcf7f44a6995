// Numbers in text that people or other programs wrote.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace sequent {

/// The number that all of `text` is; nothing where it is none, has anything before or after it (white space and "+"
/// included), or does not fit. Does not depend on the locale. Floating-point types also read "inf" and "nan".
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = {};
  const char* const text_end = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), text_end, number);
  if (error != std::errc() || end != text_end) return std::nullopt;
  return number;
}

}  // namespace sequent
