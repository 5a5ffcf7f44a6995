// A pseudo-random permutation of [0, size) computed element by element, without memory: a Feistel network over the next
// power of four with cycle walking (Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002).
#pragma once

#include <cstdint>

namespace sequent {

class Permutation {
 public:
  /// size >= 1; the same size and seed give the same permutation.
  Permutation(std::int64_t size, std::uint64_t seed);

  /// Where element i, 0 <= i < size, goes.
  std::int64_t operator()(std::int64_t i) const;

 private:
  std::uint64_t encrypt(std::uint64_t x) const;

  std::uint64_t size_;
  std::uint64_t seed_;
  int half_bits_;
};

}  // namespace sequent
