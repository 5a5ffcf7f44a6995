// UTF-8, one character at a time, for text that may not be valid.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sequent {

struct Utf8Character {
  std::int32_t code_point;  // -1 where no valid character begins
  std::int32_t length;      // in bytes; 1 where no valid character begins
};

/// The character that begins at text[at], at < text.size(). Overlong forms, surrogates and code points above U+10FFFF
/// are not valid (RFC 3629).
inline Utf8Character utf8_character(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::int32_t>(static_cast<unsigned char>(text[at + i])); };
  const std::size_t left = text.size() - at;
  const auto follows = [&](std::size_t i) { return i < left && (byte(i) & 0xC0) == 0x80; };
  const std::int32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) {
    if (first < 0xC2 || !follows(1)) return {-1, 1};
    return {(first & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  }
  if (first < 0xF0) {
    if (!follows(1) || !follows(2)) return {-1, 1};
    const std::int32_t point = (first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    if (point < 0x800 || (point >= 0xD800 && point < 0xE000)) return {-1, 1};
    return {point, 3};
  }
  if (first > 0xF4 || !follows(1) || !follows(2) || !follows(3)) return {-1, 1};
  const std::int32_t point = (first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
  if (point < 0x10000 || point > 0x10FFFF) return {-1, 1};
  return {point, 4};
}

/// Appends the UTF-8 form of a code point.
void append_utf8(std::string& text, std::int32_t code_point);

/// Number of bytes at the end of `text` that begin a valid character but do not complete it: 0 to 3.
std::size_t utf8_incomplete_suffix(std::string_view text);

/// `text` with every byte that belongs to no valid character replaced by U+FFFD: for JSON and for terminals.
std::string valid_utf8(std::string_view text);

}  // namespace sequent
