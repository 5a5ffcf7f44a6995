// The encodings of recent short pieces, found by hash; a new piece takes the place of the old.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sequent {

class PieceCache {
 public:
  PieceCache();

  /// Appends the ids of the piece if it is there.
  bool append(std::string_view piece, std::vector<std::int32_t>& ids) const;

  /// Remembers the ids of a piece, unless one or the other is too long.
  void keep(std::string_view piece, std::span<const std::int32_t> ids);

 private:
  struct Entry {
    static constexpr std::size_t kLongest = 27;
    static constexpr std::size_t kMostTokens = 8;
    std::array<char, kLongest> piece = {};
    std::uint8_t length = 0;
    std::uint8_t count = 0;
    std::array<std::int32_t, kMostTokens> ids = {};
  };

  std::vector<Entry> entries_;
};

}  // namespace sequent
