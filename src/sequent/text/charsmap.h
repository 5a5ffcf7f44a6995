// The table by which SentencePiece rewrites characters ("precompiled charsmap"): a trie of byte strings (Aoe, "An
// efficient digital search algorithm by using a double-array structure", 1989, in the layout of the Darts library), and
// behind it the strings they become.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sequent {

class Charsmap {
 public:
  /// The bytes of the table: the size of the trie in bytes (32 bits, little-endian), its units (32 bits each), and the
  /// replacements, each ended by a zero byte. Error "WHAT: ..." if the trie does not fit in.
  Charsmap(std::string table, std::string_view what);

  struct Match {
    std::size_t length = 0;  // in bytes
    std::string_view replacement;
  };

  /// The entry that is the shortest or the longest beginning of `text`, if there is one. Error if the table leads
  /// outside itself.
  std::optional<Match> shortest(std::string_view text) const { return find(text, true); }
  std::optional<Match> longest(std::string_view text) const { return find(text, false); }

 private:
  std::uint32_t unit(std::size_t i) const;
  std::optional<Match> find(std::string_view text, bool shortest) const;

  std::string table_;
  std::size_t units_ = 0;
};

}  // namespace sequent
