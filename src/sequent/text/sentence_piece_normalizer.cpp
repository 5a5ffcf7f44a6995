#include "sequent/text/sentence_piece_normalizer.h"

#include "sequent/text/metaspace_splitter.h"
#include "sequent/text/normalizer_sequence.h"
#include "sequent/text/utf8.h"

namespace sequent {

/// What stands for the beginning of a text, and how many of its bytes that is.
std::pair<std::string_view, std::size_t> SentencePieceNormalizer::rewritten(std::string_view text) const {
  std::size_t untouched = 0;
  options_.untouched.for_each_prefix(text, 0, [&](std::size_t end, std::int32_t) { untouched = end; });
  if (untouched > 0) return {text.substr(0, untouched), untouched};
  if (options_.charsmap) {
    if (const auto match = options_.charsmap->longest(text)) return {match->replacement, match->length};
  }
  const Utf8Character character = utf8_character(text, 0);
  const auto length = static_cast<std::size_t>(character.length);
  return {character.code_point < 0 ? std::string_view("\uFFFD") : text.substr(0, length), length};
}

std::string SentencePieceNormalizer::normalize(std::string_view text, bool&) const {
  const std::size_t text_bytes = text.size();
  const std::string_view space = options_.escape_whitespaces ? kMetaspace : std::string_view(" ");
  const bool remove = options_.remove_extra_whitespaces;
  while (remove && !text.empty()) {
    const auto [first, length] = rewritten(text);
    if (first != " ") break;
    text.remove_prefix(length);
  }
  std::string result;
  if (text.empty()) return result;
  result.reserve(text.size() + text.size() / 2);
  if (options_.add_dummy_prefix) result += space;
  bool after_space = remove;
  while (!text.empty()) {
    auto [part, length] = rewritten(text);
    while (after_space && part.starts_with(' ')) part.remove_prefix(1);
    for (const char c : part) {
      if (c == ' ') {
        result += space;
      } else {
        result += c;
      }
    }
    if (!part.empty()) after_space = remove && part.ends_with(' ');
    text.remove_prefix(length);
    check_growth(text_bytes, result.size());
  }
  while (remove && result.ends_with(space)) result.resize(result.size() - space.size());
  return result;
}

}  // namespace sequent
