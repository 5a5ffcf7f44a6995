#include "sequent/text/jinja_strings.h"

#include <utf8proc.h>

#include <algorithm>

#include "sequent/base/function_ref.h"
#include "sequent/text/utf8.h"

namespace sequent::jinja {
namespace {

void for_each_character(std::string_view text, FunctionRef<void(std::int32_t, std::size_t)> use) {
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character character = utf8_character(text, at);
    use(character.code_point, at);
    at += static_cast<std::size_t>(character.length);
  }
}

// The byte at which the last character begins; the text must not be empty.
std::size_t last_start(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

std::string_view strip_if(std::string_view text, bool left, bool right, FunctionRef<bool(std::int32_t)> unwanted) {
  while (left && !text.empty()) {
    const Utf8Character first = utf8_character(text, 0);
    if (!unwanted(first.code_point)) break;
    text.remove_prefix(static_cast<std::size_t>(first.length));
  }
  while (right && !text.empty()) {
    const std::size_t at = last_start(text);
    if (!unwanted(utf8_character(text, at).code_point)) break;
    text.remove_suffix(text.size() - at);
  }
  return text;
}

bool is_cased(std::int32_t code_point) {
  const utf8proc_category_t category = utf8proc_category(code_point);
  return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL || category == UTF8PROC_CATEGORY_LT;
}

bool is_line_end(std::int32_t c) {
  return (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

}  // namespace

std::int64_t character_count(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::size_t character_start(std::string_view text, std::int64_t index) {
  std::size_t at = 0;
  for (std::int64_t i = 0; i < index; ++i) at += static_cast<std::size_t>(utf8_character(text, at).length);
  return at;
}

std::vector<std::size_t> character_starts(std::string_view text) {
  std::vector<std::size_t> starts;
  starts.reserve(text.size() + 1);
  for_each_character(text, [&](std::int32_t, std::size_t at) { starts.push_back(at); });
  starts.push_back(text.size());
  return starts;
}

bool is_space(std::int32_t c) {
  return (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= ' ') || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::string_view strip(std::string_view text, std::string_view set, bool left, bool right) {
  std::vector<std::int32_t> unwanted;
  for_each_character(set, [&](std::int32_t c, std::size_t) { unwanted.push_back(c); });
  std::sort(unwanted.begin(), unwanted.end());
  return strip_if(text, left, right,
                  [&](std::int32_t c) { return std::binary_search(unwanted.begin(), unwanted.end(), c); });
}

std::string_view strip_space(std::string_view text, bool left, bool right) {
  return strip_if(text, left, right, [](std::int32_t c) { return is_space(c); });
}

std::vector<std::string_view> split_at_space(std::string_view text, std::int64_t limit) {
  std::vector<std::string_view> parts;
  for (;;) {
    text = strip_space(text, true, false);
    if (text.empty()) return parts;
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) {
      parts.push_back(text);
      return parts;
    }
    std::size_t end = 0;
    while (end < text.size()) {
      const Utf8Character character = utf8_character(text, end);
      if (is_space(character.code_point)) break;
      end += static_cast<std::size_t>(character.length);
    }
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator, std::int64_t limit) {
  std::vector<std::string_view> parts;
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit) {
    const std::size_t at = text.find(separator);
    if (at == text.npos) break;
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.push_back(text);
  return parts;
}

std::vector<std::string_view> split_from_right(std::string_view text, std::string_view separator, std::int64_t limit) {
  std::vector<std::string_view> parts;
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit) {
    const std::size_t at = text.rfind(separator);
    if (at == text.npos) break;
    parts.push_back(text.substr(at + separator.size()));
    text = text.substr(0, at);
  }
  parts.push_back(text);
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character character = utf8_character(text, at);
    const std::size_t end = at;
    at += static_cast<std::size_t>(character.length);
    if (!is_line_end(character.code_point)) continue;
    if (character.code_point == '\r' && text.substr(at).starts_with('\n')) ++at;
    lines.push_back(text.substr(begin, end - begin));
    begin = at;
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

std::string upper(std::string_view text) {
  std::string result;
  for_each_character(text, [&](std::int32_t c, std::size_t) { append_utf8(result, utf8proc_toupper(c)); });
  return result;
}

std::string lower(std::string_view text) {
  std::string result;
  for_each_character(text, [&](std::int32_t c, std::size_t) { append_utf8(result, utf8proc_tolower(c)); });
  return result;
}

std::string title(std::string_view text) {
  std::string result;
  bool within = false;
  for_each_character(text, [&](std::int32_t c, std::size_t) {
    append_utf8(result, within ? utf8proc_tolower(c) : utf8proc_totitle(c));
    within = is_cased(c);
  });
  return result;
}

std::string title_words(std::string_view text) {
  std::string result;
  bool within = false;
  for_each_character(text, [&](std::int32_t c, std::size_t) {
    append_utf8(result, within ? utf8proc_tolower(c) : utf8proc_totitle(c));
    within =
        !is_space(c) && !(c < 0x80 && std::string_view("-({[<").find(static_cast<char>(c)) != std::string_view::npos);
  });
  return result;
}

std::string capitalize(std::string_view text) {
  std::string result;
  for_each_character(text, [&](std::int32_t c, std::size_t at) {
    append_utf8(result, at == 0 ? utf8proc_totitle(c) : utf8proc_tolower(c));
  });
  return result;
}

bool is_printable(std::int32_t c) {
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    case UTF8PROC_CATEGORY_ZS:
      return c == ' ';
    default:
      return true;
  }
}

}  // namespace sequent::jinja
