#include "sequent/text/precompiled_normalizer.h"

#include <utf8proc.h>

#include "sequent/text/normalizer_sequence.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

constexpr std::size_t kLongestCluster = 5;

/// Whether clusters end between two characters. A byte of invalid UTF-8 is a cluster.
bool cluster_ends(std::int32_t before, std::int32_t after, utf8proc_int32_t& state) {
  // Below the first combining mark only a carriage return goes with what follows.
  constexpr std::int32_t kFirstMark = 0x300;
  if (before < 0 || after < 0) {
    state = 0;
    return true;
  }
  if (before < kFirstMark && after < kFirstMark && before != '\r') {
    state = 0;
    return true;
  }
  return utf8proc_grapheme_break_stateful(before, after, &state);
}

}  // namespace

std::string PrecompiledNormalizer::normalize(std::string_view text, bool&) const {
  std::string result;
  result.reserve(text.size());
  utf8proc_int32_t state = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character character = utf8_character(text, at);
    const std::size_t next = at + static_cast<std::size_t>(character.length);
    if (next == text.size() || cluster_ends(character.code_point, utf8_character(text, next).code_point, state)) {
      append_cluster(text.substr(begin, next - begin), result);
      check_growth(text.size(), result.size());
      begin = next;
    }
    at = next;
  }
  return result;
}

void PrecompiledNormalizer::append_cluster(std::string_view cluster, std::string& result) const {
  if (cluster.size() <= kLongestCluster) {
    if (const auto match = charsmap_.shortest(cluster)) {
      result += match->replacement;
      return;
    }
  }
  for (std::size_t at = 0; at < cluster.size();) {
    const std::string_view character = cluster.substr(at, static_cast<std::size_t>(utf8_character(cluster, at).length));
    const auto match = charsmap_.shortest(character);
    result += match ? match->replacement : character;
    at += character.size();
  }
}

}  // namespace sequent
