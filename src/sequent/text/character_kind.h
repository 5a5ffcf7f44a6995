// What pre-tokenizers ask of a character: is it a letter (\p{L}), a number (\p{N}), white space, or none of them?
#pragma once

#include <cstdint>
#include <string_view>

namespace sequent {

enum class CharacterKind : std::uint8_t { other, letter, number, space };

/// Kind of a code point, by the Unicode tables of PCRE2. -1 (no valid character) and what lies beyond Unicode: other.
CharacterKind character_kind(std::int32_t code_point);

/// What words consist of, as a set of a pattern: letters and other alphabetic characters, marks, decimal numbers,
/// connectors such as the underscore, and joiners (Unicode Technical Standard 18).
inline constexpr std::string_view kWordCharacters = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200C}\x{200D})";

bool is_word_character(std::int32_t code_point);

}  // namespace sequent
