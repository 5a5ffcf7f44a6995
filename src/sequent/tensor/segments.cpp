#include "sequent/tensor/segments.h"

#include <utility>

#include "sequent/base/error.h"

namespace sequent {

Segments::Segments(std::vector<std::int64_t> offsets) : offsets_(std::move(offsets)) {
  check(!offsets_.empty() && offsets_[0] == 0, "segments: offsets must start at 0");
  for (std::size_t i = 1; i < offsets_.size(); ++i) {
    check(offsets_[i] > offsets_[i - 1], "segments: offsets must increase, got {} after {}", offsets_[i],
          offsets_[i - 1]);
  }
}

Segments Segments::single(std::int64_t tokens) {
  return Segments({0, tokens});
}

Segments Segments::uniform(std::int64_t count, std::int64_t length) {
  std::vector<std::int64_t> offsets;
  for (std::int64_t i = 0; i <= count; ++i) offsets.push_back(i * length);
  return Segments(std::move(offsets));
}

Segments Segments::of_lengths(std::span<const std::int64_t> lengths) {
  std::vector<std::int64_t> offsets = {0};
  for (const std::int64_t length : lengths) offsets.push_back(offsets.back() + length);
  return Segments(std::move(offsets));
}

}  // namespace sequent
