// What pre-tokenizers ask of a character: is it a letter (\p{L}), a number (\p{N}), white space, or none of them?
#pragma once

#include <cstdint>

namespace sequent {

enum class CharacterKind : std::uint8_t { other, letter, number, space };

/// Kind of a code point, by the Unicode tables of PCRE2. -1 (no valid character) and what lies beyond Unicode: other.
CharacterKind character_kind(std::int32_t code_point);

}  // namespace sequent
