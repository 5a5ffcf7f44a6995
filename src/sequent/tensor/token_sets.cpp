#include "sequent/tensor/token_sets.h"

#include <numeric>
#include <utility>

#include "sequent/base/error.h"

namespace sequent {

std::span<const std::int32_t> TokenSets::of(std::int64_t set) const {
  return std::span(ids).subspan(static_cast<std::size_t>(segments.begin(set)),
                                static_cast<std::size_t>(segments.length(set)));
}

TokenSets TokenSets::all(std::int64_t count, const TokenGrid& grid) {
  std::vector<std::int32_t> one(static_cast<std::size_t>(grid.tokens()));
  std::iota(one.begin(), one.end(), 0);
  TokenSets sets;
  for (std::int64_t i = 0; i < count; ++i) sets.ids.insert(sets.ids.end(), one.begin(), one.end());
  sets.segments = Segments::uniform(count, grid.tokens());
  return sets;
}

TokenSets TokenSets::concat(std::span<const TokenSets> parts) {
  std::vector<std::int64_t> lengths;
  TokenSets joined;
  for (const TokenSets& part : parts) {
    joined.ids.insert(joined.ids.end(), part.ids.begin(), part.ids.end());
    for (std::int64_t i = 0; i < part.count(); ++i) lengths.push_back(part.segments.length(i));
  }
  joined.segments = Segments::of_lengths(lengths);
  return joined;
}

void check_token_sets(const char* what, const TokenSets& sets, const TokenGrid& grid) {
  check(static_cast<std::int64_t>(sets.ids.size()) == sets.segments.tokens(), "{}: there must be {} token ids, got {}",
        what, sets.segments.tokens(), sets.ids.size());
  for (const std::int32_t id : sets.ids) {
    check(0 <= id && id < grid.tokens(), "{}: token ids must be from 0 to {}, got {}", what, grid.tokens() - 1, id);
  }
}

}  // namespace sequent
