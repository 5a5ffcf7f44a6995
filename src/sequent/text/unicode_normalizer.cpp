#include "sequent/text/unicode_normalizer.h"

#include <utf8proc.h>

#include <array>
#include <cstdlib>

#include "sequent/base/error.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

struct Form {
  utf8proc_option_t options;
  std::int32_t first_changed;  // every character before it is its own form, whatever follows that is before it too
};

// In the order of NormalizationForm. Composition begins with the first combining mark, the others with U+00C0 (a letter
// and a mark) and U+00A0 (a kind of space).
constexpr std::array<Form, 4> kForms = {
    {{static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE), 0x300},
     {static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE), 0xC0},
     {static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT), 0xA0},
     {static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT), 0xA0}}};

void append_normalized(std::string_view valid, const Form& form, std::string& result) {
  utf8proc_uint8_t* normalized = nullptr;
  const utf8proc_ssize_t length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(valid.data()),
                                               static_cast<utf8proc_ssize_t>(valid.size()), &normalized, form.options);
  check(length >= 0, "tokenizer: normalisation failed: {}", utf8proc_errmsg(length));
  result.append(reinterpret_cast<const char*>(normalized), static_cast<std::size_t>(length));
  std::free(normalized);
}

}  // namespace

std::string UnicodeNormalizer::normalize(std::string_view text, bool&) const {
  const Form& form = kForms[static_cast<std::size_t>(form_)];
  std::string result;
  std::size_t begin = 0;
  bool changed = false;
  const auto finish_stretch = [&](std::size_t end) {
    const std::string_view stretch = text.substr(begin, end - begin);
    if (changed) {
      append_normalized(stretch, form, result);
    } else {
      result += stretch;
    }
  };
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character character = utf8_character(text, at);
    if (character.code_point < 0) {
      finish_stretch(at);
      result += text[at];
      begin = at + 1;
      changed = false;
    }
    changed = changed || character.code_point >= form.first_changed;
    at += static_cast<std::size_t>(character.length);
  }
  finish_stretch(text.size());
  return result;
}

}  // namespace sequent
