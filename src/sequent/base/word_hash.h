// A fast hash of short strings, for hash tables.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sequent {

/// A bijection of 64 bits in which every output bit depends on every input bit (the finaliser of SplitMix64; Steele et
/// al., "Fast splittable pseudorandom number generators", OOPSLA 2014).
inline std::uint64_t mix_bits(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

/// Hash of a short string.
inline std::uint64_t hash_word(std::string_view word) {
  constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15ull;
  std::uint64_t hash = word.size() * kMultiplier;
  const char* data = word.data();
  std::size_t left = word.size();
  for (; left >= 8; left -= 8, data += 8) {
    std::uint64_t block;
    std::memcpy(&block, data, 8);
    hash = std::rotl((hash ^ block) * kMultiplier, 29);
  }
  std::uint64_t tail = 0;
  // A switch-free byte loop: most words are shorter than eight bytes.
  for (std::size_t i = 0; i < left; ++i) tail |= std::uint64_t{static_cast<unsigned char>(data[i])} << (8 * i);
  return mix_bits(hash ^ tail);
}

}  // namespace sequent
