#include "sequent/base/permutation.h"

#include <bit>

#include "sequent/base/error.h"
#include "sequent/base/word_hash.h"

namespace sequent {

Permutation::Permutation(std::int64_t size, std::uint64_t seed)
    : size_(static_cast<std::uint64_t>(size)), seed_(mix_bits(seed)) {
  check(size >= 1, "permutation: the size must be at least 1, got {}", size);
  half_bits_ = (std::bit_width(size_ - 1) + 1) / 2;
}

std::uint64_t Permutation::encrypt(std::uint64_t x) const {
  constexpr std::uint64_t kRounds = 6;
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  std::uint64_t left = x >> half_bits_;
  std::uint64_t right = x & mask;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    const std::uint64_t mixed = left ^ (mix_bits(seed_ + mix_bits(right * kRounds + round)) & mask);
    left = right;
    right = mixed;
  }
  return left << half_bits_ | right;
}

std::int64_t Permutation::operator()(std::int64_t i) const {
  // At most four times too large a domain, so about four steps at most on average.
  auto x = static_cast<std::uint64_t>(i);
  do {
    x = encrypt(x);
  } while (x >= size_);
  return static_cast<std::int64_t>(x);
}

}  // namespace sequent
