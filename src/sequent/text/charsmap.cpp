#include "sequent/text/charsmap.h"

#include "sequent/base/error.h"

namespace sequent {
namespace {

constexpr std::size_t kUnitBytes = 4;

// The fields of a unit.
std::uint32_t label(std::uint32_t unit) {
  return unit & (1u << 31 | 0xFF);
}
bool has_value(std::uint32_t unit) {
  return (unit >> 8 & 1) != 0;
}
std::uint32_t value(std::uint32_t unit) {
  return unit & ((1u << 31) - 1);
}
std::size_t offset(std::uint32_t unit) {
  return std::size_t{unit >> 10} << ((unit & 1u << 9) >> 6);
}

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < kUnitBytes; ++i) {
    number |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return number;
}

}  // namespace

Charsmap::Charsmap(std::string table, std::string_view what) : table_(std::move(table)) {
  check(table_.size() >= kUnitBytes, "{}: the character map must have at least 4 bytes, got {}", what, table_.size());
  const std::size_t trie_bytes = little_endian(table_);
  check(trie_bytes % kUnitBytes == 0 && trie_bytes > 0 && trie_bytes <= table_.size() - kUnitBytes,
        "{}: the trie of the character map must lie within its {} bytes, got {}", what, table_.size(), trie_bytes);
  units_ = trie_bytes / kUnitBytes;
}

std::uint32_t Charsmap::unit(std::size_t i) const {
  check(i < units_, "tokenizer: the character map is damaged: unit {} of {}", i, units_);
  return little_endian(std::string_view(table_).substr(kUnitBytes * (1 + i), kUnitBytes));
}

std::optional<Charsmap::Match> Charsmap::find(std::string_view text, bool shortest) const {
  std::optional<std::size_t> begin;  // of the replacement
  std::size_t length = 0;
  std::size_t node = offset(unit(0));
  for (std::size_t i = 0; i < text.size() && text[i] != '\0'; ++i) {
    node ^= static_cast<unsigned char>(text[i]);
    // A byte that does not lead on may lead anywhere.
    if (node >= units_) break;
    const std::uint32_t here = unit(node);
    if (label(here) != static_cast<unsigned char>(text[i])) break;
    node ^= offset(here);
    if (!has_value(here)) continue;
    begin = value(unit(node));
    length = i + 1;
    if (shortest) break;
  }
  if (!begin) return {};
  const std::string_view replacements = std::string_view(table_).substr(kUnitBytes * (1 + units_));
  check(*begin <= replacements.size(), "tokenizer: the character map is damaged: a replacement begins at {} of {}",
        *begin, replacements.size());
  const std::string_view rest = replacements.substr(*begin);
  return Match{length, rest.substr(0, rest.find('\0'))};
}

}  // namespace sequent
