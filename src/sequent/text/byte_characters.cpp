#include "sequent/text/byte_characters.h"

#include "sequent/text/utf8.h"

namespace sequent {
namespace {

constexpr bool stands_for_itself(int byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

constexpr std::array<std::int32_t, 256> make_characters() {
  std::array<std::int32_t, 256> characters = {};
  std::int32_t next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    characters[static_cast<std::size_t>(byte)] = stands_for_itself(byte) ? byte : next++;
  }
  return characters;
}

constexpr std::array<std::int32_t, 256> kCharacters = make_characters();

constexpr std::size_t kCharacterEnd = 256 + 68;

constexpr std::array<std::int16_t, kCharacterEnd> make_bytes() {
  std::array<std::int16_t, kCharacterEnd> bytes = {};
  for (auto& byte : bytes) byte = -1;
  for (int byte = 0; byte < 256; ++byte) {
    bytes[static_cast<std::size_t>(kCharacters[static_cast<std::size_t>(byte)])] = static_cast<std::int16_t>(byte);
  }
  return bytes;
}

constexpr std::array<std::int16_t, kCharacterEnd> kBytes = make_bytes();

}  // namespace

const std::array<std::int32_t, 256>& byte_characters() {
  return kCharacters;
}

std::string bytes_to_characters(std::string_view bytes) {
  std::string characters;
  for (const char byte : bytes) append_utf8(characters, kCharacters[static_cast<unsigned char>(byte)]);
  return characters;
}

std::optional<std::string> characters_to_bytes(std::string_view characters) {
  std::string bytes;
  for (std::size_t at = 0; at < characters.size();) {
    const Utf8Character character = utf8_character(characters, at);
    if (character.code_point < 0 || character.code_point >= static_cast<std::int32_t>(kCharacterEnd)) return {};
    const std::int16_t byte = kBytes[static_cast<std::size_t>(character.code_point)];
    if (byte < 0) return {};
    bytes += static_cast<char>(byte);
    at += static_cast<std::size_t>(character.length);
  }
  return bytes;
}

}  // namespace sequent
