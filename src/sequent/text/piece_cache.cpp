#include "sequent/text/piece_cache.h"

#include <algorithm>

#include "sequent/base/word_hash.h"

namespace sequent {
namespace {

constexpr std::size_t kEntries = 1 << 15;

}  // namespace

PieceCache::PieceCache() : entries_(kEntries) {}

bool PieceCache::append(std::string_view piece, std::vector<std::int32_t>& ids) const {
  if (piece.empty() || piece.size() > Entry::kLongest) return false;
  const Entry& entry = entries_[hash_word(piece) % kEntries];
  if (std::string_view(entry.piece.data(), entry.length) != piece) return false;
  ids.insert(ids.end(), entry.ids.data(), entry.ids.data() + entry.count);
  return true;
}

void PieceCache::keep(std::string_view piece, std::span<const std::int32_t> ids) {
  if (piece.size() > Entry::kLongest || ids.size() > Entry::kMostTokens) return;
  Entry& entry = entries_[hash_word(piece) % kEntries];
  std::copy(piece.begin(), piece.end(), entry.piece.begin());
  std::copy(ids.begin(), ids.end(), entry.ids.begin());
  entry.length = static_cast<std::uint8_t>(piece.size());
  entry.count = static_cast<std::uint8_t>(ids.size());
}

}  // namespace sequent
