#include "sequent/base/crc32.h"

#include <array>
#include <bit>
#include <cstring>

namespace sequent {
namespace {

static_assert(std::endian::native == std::endian::little, "eight bytes are taken at once, the first in the low bits");

// Eight bytes at a time (Intel's "slicing-by-8", Kounavis and Berry 2005): table k says what a byte does that k more
// bytes follow.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables tables_of(std::uint32_t reversed_polynomial) {
  Tables tables = {};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? reversed_polynomial : 0);
    tables[0][i] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t before = tables[k - 1][i];
      tables[k][i] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kIeee = tables_of(0xEDB88320u), kCastagnoli = tables_of(0x82F63B78u);

std::uint32_t check_of(const Tables& tables, const void* data, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  std::uint32_t crc = ~0u;
  for (; size >= 8; size -= 8, bytes += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes, 8);
    word ^= crc;
    crc = 0;
    for (std::size_t k = 0; k < 8; ++k) crc ^= tables[7 - k][(word >> (8 * k)) & 0xFF];
  }
  for (; size > 0; --size, ++bytes) crc = (crc >> 8) ^ tables[0][(crc ^ *bytes) & 0xFF];
  return ~crc;
}

}  // namespace

std::uint32_t crc32(const void* data, std::size_t size) {
  return check_of(kIeee, data, size);
}

std::uint32_t crc32c(const void* data, std::size_t size) {
  return check_of(kCastagnoli, data, size);
}

}  // namespace sequent
