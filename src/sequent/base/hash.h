// XXH64 (Y. Collet, "xxHash fast digest algorithm", version 0.1.1): a 64-bit checksum of a stream of bytes at memory
// speed. It finds damage; it does not withstand an adversary.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sequent {

class Hash64 {
 public:
  explicit Hash64(std::uint64_t seed = 0);
  /// Appends bytes; how they are split over calls makes no difference.
  void update(const void* data, std::size_t size);
  /// The hash of everything so far; more may follow.
  std::uint64_t digest() const;

 private:
  std::array<std::uint64_t, 4> lanes_;
  std::array<unsigned char, 32> pending_ = {};
  std::uint64_t total_ = 0;
  std::uint64_t seed_;
};

std::uint64_t hash64(const void* data, std::size_t size, std::uint64_t seed = 0);
inline std::uint64_t hash64(std::string_view bytes) {
  return hash64(bytes.data(), bytes.size());
}

/// A hash as it is written in files: 16 hexadecimal digits.
std::string hexadecimal(std::uint64_t hash);

}  // namespace sequent
