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
  check(count >= 0, "segments: the number of sequences must not be negative, got {}", count);
  const std::vector<std::int64_t> lengths(static_cast<std::size_t>(count), length);
  return of_lengths(lengths);
}

Segments Segments::of_lengths(std::span<const std::int64_t> lengths) {
  std::vector<std::int64_t> offsets = {0};
  offsets.reserve(lengths.size() + 1);
  for (const std::int64_t length : lengths) {
    std::int64_t end = 0;
    check(!__builtin_add_overflow(offsets.back(), length, &end), "segments: the lengths add up to more than 63 bits");
    offsets.push_back(end);
  }
  return Segments(std::move(offsets));
}

}  // namespace sequent
