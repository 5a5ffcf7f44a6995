#include "sequent/text/nfc_normalizer.h"

#include <utf8proc.h>

#include <cstdlib>

#include "sequent/base/error.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

// Below the first combining mark nothing changes: every such character is its own composed form.
constexpr std::int32_t kFirstMark = 0x300;

void append_normalized(std::string_view valid, std::string& result) {
  utf8proc_uint8_t* composed = nullptr;
  const utf8proc_ssize_t length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(valid.data()), static_cast<utf8proc_ssize_t>(valid.size()),
                   &composed, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  check(length >= 0, "tokenizer: normalisation failed: {}", utf8proc_errmsg(length));
  result.append(reinterpret_cast<const char*>(composed), static_cast<std::size_t>(length));
  std::free(composed);
}

}  // namespace

std::string NfcNormalizer::normalize(std::string_view text) const {
  std::string result;
  std::size_t begin = 0;
  bool marks = false;
  const auto finish_stretch = [&](std::size_t end) {
    const std::string_view stretch = text.substr(begin, end - begin);
    if (marks) {
      append_normalized(stretch, result);
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
      marks = false;
    }
    marks = marks || character.code_point >= kFirstMark;
    at += static_cast<std::size_t>(character.length);
  }
  finish_stretch(text.size());
  return result;
}

}  // namespace sequent
