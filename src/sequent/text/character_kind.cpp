#include "sequent/text/character_kind.h"

#include <fmt/format.h>

#include <array>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sequent/text/regex.h"
#include "sequent/text/utf8.h"

namespace sequent {
namespace {

constexpr std::int32_t kPlaneSize = 0x10000;
constexpr std::int32_t kBlockSize = 0x400;

/// Marks the characters of one block of code points that match the pattern.
void mark(const std::string& block, std::int32_t first, const Regex& pattern, CharacterKind kind,
          std::vector<CharacterKind>& kinds) {
  pattern.for_each_match(block, [&](std::size_t begin, std::size_t end) {
    while (begin < end) {
      const Utf8Character character = utf8_character(block, begin);
      kinds[static_cast<std::size_t>(character.code_point - first)] = kind;
      begin += static_cast<std::size_t>(character.length);
    }
  });
}

std::vector<CharacterKind> make_plane(std::int32_t plane) {
  static const std::array<std::pair<Regex, CharacterKind>, 3> patterns = {
      {{Regex("\\p{L}+", "letters"), CharacterKind::letter},
       {Regex("\\p{N}+", "numbers"), CharacterKind::number},
       {Regex("\\s+", "spaces"), CharacterKind::space}}};
  const std::int32_t first = plane * kPlaneSize;
  std::vector<CharacterKind> kinds(kPlaneSize, CharacterKind::other);
  for (std::int32_t begin = first; begin < first + kPlaneSize; begin += kBlockSize) {
    if (begin >= 0xD800 && begin < 0xE000) continue;  // surrogates are no characters
    std::string block;
    for (std::int32_t point = begin; point < begin + kBlockSize; ++point) append_utf8(block, point);
    for (const auto& [pattern, kind] : patterns) mark(block, first, pattern, kind, kinds);
  }
  return kinds;
}

}  // namespace

CharacterKind character_kind(std::int32_t code_point) {
  // Made when first asked for: most texts need one of the 17 planes, which takes a millisecond.
  static std::array<std::once_flag, 17> made;
  static std::array<std::vector<CharacterKind>, 17> planes;
  if (code_point < 0 || code_point > 0x10FFFF) return CharacterKind::other;
  const std::int32_t plane = code_point / kPlaneSize;
  const auto index = static_cast<std::size_t>(plane);
  std::call_once(made[index], [&] { planes[index] = make_plane(plane); });
  return planes[index][static_cast<std::size_t>(code_point % kPlaneSize)];
}

bool is_word_character(std::int32_t code_point) {
  static const Regex word(fmt::format("[{}]", kWordCharacters), "word characters");
  if (code_point < 0) return false;
  std::string text;
  append_utf8(text, code_point);
  bool is_word = false;
  word.for_each_match(text, [&](std::size_t, std::size_t) { is_word = true; });
  return is_word;
}

}  // namespace sequent
