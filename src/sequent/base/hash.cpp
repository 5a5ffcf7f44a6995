#include "sequent/base/hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace sequent {
namespace {

constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87ull;
constexpr std::uint64_t kPrime2 = 0xC2B2AE3D27D4EB4Full;
constexpr std::uint64_t kPrime3 = 0x165667B19E3779F9ull;
constexpr std::uint64_t kPrime4 = 0x85EBCA77C2B2AE63ull;
constexpr std::uint64_t kPrime5 = 0x27D4EB2F165667C5ull;
constexpr std::size_t kStripe = 32;

template <class T>
T load(const unsigned char* bytes) {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

std::uint64_t round_of(std::uint64_t lane, std::uint64_t input) {
  return std::rotl(lane + input * kPrime2, 31) * kPrime1;
}

void consume(std::array<std::uint64_t, 4>& lanes, const unsigned char* stripe) {
  for (std::size_t i = 0; i < 4; ++i) lanes[i] = round_of(lanes[i], load<std::uint64_t>(stripe + 8 * i));
}

}  // namespace

Hash64::Hash64(std::uint64_t seed)
    : lanes_{seed + kPrime1 + kPrime2, seed + kPrime2, seed, seed - kPrime1}, seed_(seed) {}

void Hash64::update(const void* data, std::size_t size) {
  auto bytes = static_cast<const unsigned char*>(data);
  const std::size_t held = total_ % kStripe;
  total_ += size;
  if (held > 0) {
    const std::size_t taken = std::min(size, kStripe - held);
    std::copy_n(bytes, taken, pending_.data() + held);
    if (held + taken < kStripe) return;
    consume(lanes_, pending_.data());
    bytes += taken;
    size -= taken;
  }
  for (; size >= kStripe; bytes += kStripe, size -= kStripe) consume(lanes_, bytes);
  std::copy_n(bytes, size, pending_.data());
}

std::uint64_t Hash64::digest() const {
  std::uint64_t hash = seed_ + kPrime5;
  if (total_ >= kStripe) {
    hash = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) + std::rotl(lanes_[3], 18);
    for (const std::uint64_t lane : lanes_) hash = (hash ^ round_of(0, lane)) * kPrime1 + kPrime4;
  }
  hash += total_;
  const unsigned char* rest = pending_.data();
  std::size_t size = total_ % kStripe;
  for (; size >= 8; rest += 8, size -= 8) {
    hash = std::rotl(hash ^ round_of(0, load<std::uint64_t>(rest)), 27) * kPrime1 + kPrime4;
  }
  if (size >= 4) {
    hash = std::rotl(hash ^ (load<std::uint32_t>(rest) * kPrime1), 23) * kPrime2 + kPrime3;
    rest += 4;
    size -= 4;
  }
  for (; size > 0; ++rest, --size) hash = std::rotl(hash ^ (*rest * kPrime5), 11) * kPrime1;
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

std::uint64_t hash64(const void* data, std::size_t size, std::uint64_t seed) {
  Hash64 hash(seed);
  hash.update(data, size);
  return hash.digest();
}

std::string hexadecimal(std::uint64_t hash) {
  return fmt::format("{:016x}", hash);
}

}  // namespace sequent
