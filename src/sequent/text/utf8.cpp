#include "sequent/text/utf8.h"

#include <algorithm>

namespace sequent {

void append_utf8(std::string& text, std::int32_t code_point) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point < 0x80) {
    text += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    text += static_cast<char>(0xC0 | (code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    text += static_cast<char>(0xE0 | (code_point >> 12));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0 | (code_point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::size_t utf8_incomplete_suffix(std::string_view text) {
  const std::size_t longest = std::min<std::size_t>(3, text.size());
  for (std::size_t length = 1; length <= longest; ++length) {
    const auto first = static_cast<unsigned char>(text[text.size() - length]);
    if ((first & 0xC0) == 0x80) continue;  // a continuation byte: its first byte is further left
    if (first < 0xC2 || first > 0xF4) return 0;
    const std::size_t needed = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (length >= needed) return 0;
    // Completed with the smallest and the largest continuation: if neither is valid, no completion is, because the
    // restrictions (overlong, surrogate, too large) concern only the first two bytes.
    for (const char filler : {'\x80', '\xBF'}) {
      std::string completed(text.substr(text.size() - length));
      completed.resize(needed, filler);
      if (utf8_character(completed, 0).code_point >= 0) return length;
    }
    return 0;
  }
  return 0;
}

std::string valid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character character = utf8_character(text, at);
    const auto length = static_cast<std::size_t>(character.length);
    result += character.code_point < 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(at, length);
    at += length;
  }
  return result;
}

}  // namespace sequent
