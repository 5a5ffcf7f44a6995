#include "sequent/base/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace sequent {
namespace {

std::size_t slips(std::string_view a, std::string_view b) {
  // Rows of the table of distances between the beginnings of a and of b: two letters ago, one letter ago, now.
  std::vector<std::size_t> earlier, before(b.size() + 1), now(b.size() + 1);
  std::iota(now.begin(), now.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    earlier = std::exchange(before, now);
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({before[j] + 1, now[j - 1] + 1, before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = std::min(now[j], earlier[j - 2] + 1);
    }
  }
  return now.back();
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
  std::optional<std::string_view> nearest;
  std::size_t fewest = 0;
  for (const std::string_view candidate : candidates) {
    const std::size_t count = slips(name, candidate);
    if (nearest && count >= fewest) continue;
    nearest = candidate;
    fewest = count;
  }
  if (nearest && fewest > (nearest->size() + 2) / 3) return {};
  return nearest;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  const std::optional<std::string_view> nearest = nearest_name(name, candidates);
  return nearest ? "; did you mean '" + std::string(*nearest) + "'?" : "";
}

}  // namespace sequent
