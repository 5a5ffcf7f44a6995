#include "sequent/text/character_normalizers.h"

#include <utf8proc.h>

#include "sequent/text/character_kind.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

/// The text with change(code_point, result) appending what stands for each valid character. If the first character
/// gives nothing, the result no longer begins where the text does.
template <class Change>
std::string change_characters(std::string_view text, bool& first, Change&& change) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character character = utf8_character(text, at);
    if (character.code_point < 0) {
      result += text[at];
    } else {
      change(character.code_point, result);
    }
    if (at == 0 && result.empty()) first = false;
    at += static_cast<std::size_t>(character.length);
  }
  return result;
}

bool is_mark(std::int32_t code_point) {
  const utf8proc_category_t category = utf8proc_category(code_point);
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME;
}

bool is_dropped_control(std::int32_t c) {
  return (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
}

bool is_spelled_as_space(std::int32_t c) {
  return c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
         c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
}

}  // namespace

std::string Lowercase::normalize(std::string_view text, bool& first) const {
  constexpr std::int32_t kCapitalIWithDot = 0x130;
  return change_characters(text, first, [](std::int32_t c, std::string& result) {
    if (c == kCapitalIWithDot) {
      result += "i\u0307";
    } else {
      append_utf8(result, utf8proc_tolower(c));
    }
  });
}

std::string StripSpaces::normalize(std::string_view text, bool& first) const {
  std::size_t begin = text.size(), end = 0;  // of what is not white space
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character character = utf8_character(text, at);
    const std::size_t next = at + static_cast<std::size_t>(character.length);
    if (character_kind(character.code_point) != CharacterKind::space) {
      if (begin == text.size()) begin = at;
      end = next;
    }
    at = next;
  }
  if (!left_) begin = 0;
  if (!right_) end = text.size();
  if (begin > 0) first = false;
  return begin < end ? std::string(text.substr(begin, end - begin)) : std::string();
}

std::string StripAccents::normalize(std::string_view text, bool& first) const {
  return change_characters(text, first, [](std::int32_t c, std::string& result) {
    if (!is_mark(c)) append_utf8(result, c);
  });
}

std::string NmtNormalizer::normalize(std::string_view text, bool& first) const {
  return change_characters(text, first, [](std::int32_t c, std::string& result) {
    if (!is_dropped_control(c)) append_utf8(result, is_spelled_as_space(c) ? ' ' : c);
  });
}

}  // namespace sequent
