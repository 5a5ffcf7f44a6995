#include "sequent/text/replacement.h"

#include <utility>

#include "sequent/text/normalizer_sequence.h"
#include "sequent/text/utf8.h"

namespace sequent {

Replacement Replacement::of_text(std::string text, std::string content) {
  if (text.empty()) return of_pattern("", std::move(content), "the empty pattern");
  return Replacement(std::nullopt, std::move(text), std::move(content));
}

Replacement Replacement::of_pattern(std::string_view pattern, std::string content, std::string_view what) {
  return Replacement(Regex(pattern, what), {}, std::move(content));
}

std::string Replacement::apply(std::string_view text, bool& first) const {
  std::string result;
  std::size_t done = 0;
  const auto replace = [&](std::size_t begin, std::size_t end) {
    result += text.substr(done, begin - done);
    result += content_;
    done = end;
    check_growth(text.size(), result.size());
    // What replaces a character stands where it stood, what replaces several where the last of them did.
    if (begin == 0 && end > 0) {
      const bool one_character = static_cast<std::size_t>(utf8_character(text, 0).length) == end;
      first = first && one_character && !content_.empty();
    }
  };
  if (text.empty()) return result;
  if (regex_) {
    regex_->for_each_match(text, replace);
  } else {
    for (std::size_t at = 0; (at = text.find(text_, at)) != std::string_view::npos; at = done) {
      replace(at, at + text_.size());
    }
  }
  result += text.substr(done);
  return result;
}

}  // namespace sequent
