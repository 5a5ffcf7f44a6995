#include "sequent/text/byte_pieces.h"

#include <fmt/format.h>

#include <charconv>

namespace sequent {

std::string byte_piece(char byte) {
  return fmt::format("<0x{:02X}>", static_cast<unsigned char>(byte));
}

std::optional<char> byte_of_piece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || !piece.ends_with('>')) return {};
  unsigned value = 0;
  const char* end = piece.data() + 5;
  const auto [stop, error] = std::from_chars(piece.data() + 3, end, value, 16);
  if (error != std::errc() || stop != end) return {};
  return static_cast<char>(value);
}

}  // namespace sequent
