// The byte <-> character table of byte-level tokenizers: every byte has a printable character that stands for it in
// tokenizer files (space is U+0120, newline U+010A), so that a vocabulary of byte strings can be written as text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sequent {

/// Code point that stands for each byte: bytes 33-126, 161-172 and 174-255 stand for themselves, the other 68, in
/// increasing order, are U+0100, U+0101, ...
const std::array<std::int32_t, 256>& byte_characters();

/// The bytes as characters.
std::string bytes_to_characters(std::string_view bytes);

/// The characters as bytes; nothing if one of them stands for no byte.
std::optional<std::string> characters_to_bytes(std::string_view characters);

}  // namespace sequent
