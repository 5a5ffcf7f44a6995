#include "sequent/text/gpt2_splitter.h"

#include <array>

#include "sequent/text/character_kind.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

constexpr std::array<CharacterKind, 128> make_ascii() {
  std::array<CharacterKind, 128> kinds = {};
  for (std::size_t c = 0; c < 128; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool space = c == ' ' || (c >= 9 && c <= 13);
    kinds[c] = letter                 ? CharacterKind::letter
               : c >= '0' && c <= '9' ? CharacterKind::number
               : space                ? CharacterKind::space
                                      : CharacterKind::other;
  }
  return kinds;
}

constexpr std::array<CharacterKind, 128> kAscii = make_ascii();

struct Character {
  CharacterKind kind;
  std::size_t length;
};

inline Character character_at(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 128) return {kAscii[byte], 1};
  const Utf8Character character = utf8_character(text, at);
  return {character_kind(character.code_point), static_cast<std::size_t>(character.length)};
}

/// Length of the contraction at `at`, where there is an apostrophe; 0 if there is none.
std::size_t contraction(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size()) return 0;
  const char first = text[at + 1];
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  const std::string_view two = text.substr(at + 1, 2);
  return two == "re" || two == "ve" || two == "ll" ? 3 : 0;
}

/// End of the run of characters of one kind from `at` on.
std::size_t run_end(std::string_view text, std::size_t at, CharacterKind kind) {
  while (at < text.size()) {
    const Character character = character_at(text, at);
    if (character.kind != kind) break;
    at += character.length;
  }
  return at;
}

/// White space: all of it at the end of the text, otherwise all but its last character, unless it has only one.
std::size_t space_end(std::string_view text, std::size_t begin) {
  std::size_t last = begin, end = begin;
  while (end < text.size()) {
    const Character character = character_at(text, end);
    if (character.kind != CharacterKind::space) return last > begin ? last : end;
    last = end;
    end += character.length;
  }
  return end;
}

}  // namespace

std::size_t gpt2_piece_end(std::string_view text, std::size_t begin) {
  if (text[begin] == '\'') {
    if (const std::size_t length = contraction(text, begin); length > 0) return begin + length;
  }
  Character character = character_at(text, begin);
  std::size_t at = begin;
  if (text[begin] == ' ' && begin + 1 < text.size()) character = character_at(text, ++at);
  if (character.kind == CharacterKind::space) return space_end(text, begin);
  return run_end(text, at + character.length, character.kind);
}

void Gpt2Splitter::split(Piece text, FunctionRef<void(Piece)> piece) const {
  const std::string_view whole = text.text;
  for (std::size_t begin = 0; begin < whole.size();) {
    const std::size_t end = gpt2_piece_end(whole, begin);
    piece({whole.substr(begin, end - begin), text.first && begin == 0});
    begin = end;
  }
}

}  // namespace sequent
