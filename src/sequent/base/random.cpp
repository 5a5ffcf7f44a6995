#include "sequent/base/random.h"

#include <cmath>
#include <numbers>

namespace sequent {

std::uint64_t Random::stream_of(std::string_view name) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return hash;
}

std::array<std::uint32_t, 4> Random::words(std::uint64_t counter) const {
  std::array<std::uint32_t, 4> c = {
      static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
      static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)};
  auto key0 = static_cast<std::uint32_t>(seed_);
  auto key1 = static_cast<std::uint32_t>(seed_ >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = 0xD2511F53ull * c[0];
    const std::uint64_t product1 = 0xCD9E8D57ull * c[2];
    c = {static_cast<std::uint32_t>(product1 >> 32) ^ c[1] ^ key0, static_cast<std::uint32_t>(product1),
         static_cast<std::uint32_t>(product0 >> 32) ^ c[3] ^ key1, static_cast<std::uint32_t>(product0)};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return c;
}

std::uint64_t Random::bits(std::uint64_t counter) const {
  const auto w = words(counter);
  return (static_cast<std::uint64_t>(w[1]) << 32) | w[0];
}

float Random::uniform(std::uint64_t counter) const {
  return static_cast<float>(words(counter)[0] >> 8) * 0x1p-24f;
}

float Random::normal(std::uint64_t counter) const {
  const auto w = words(counter);
  const double u = (static_cast<double>(w[0]) + 1.0) * 0x1p-32;
  const double v = static_cast<double>(w[1]) * 0x1p-32;
  return static_cast<float>(std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v));
}

std::uint64_t Random::below(std::uint64_t counter, std::uint64_t bound) const {
  // The high word of a 128-bit product (Lemire, "Fast random integer generation in an interval", 2019).
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(bits(counter)) * bound) >> 64);
}

}  // namespace sequent
