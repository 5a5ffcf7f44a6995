// "<0x00>" to "<0xFF>": the tokens by which SentencePiece spells a character that has none, byte by byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sequent {

/// "<0x0A>" for a newline.
std::string byte_piece(char byte);

/// The newline for "<0x0A>" or "<0x0a>"; nothing for anything else.
std::optional<char> byte_of_piece(std::string_view piece);

}  // namespace sequent
