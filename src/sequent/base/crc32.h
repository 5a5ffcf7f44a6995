// Cyclic redundancy checks of 32 bits (reflected, initial value and final inversion all ones), as file formats
// prescribe them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sequent {

/// Of ZIP and PNG (IEEE 802.3, reversed polynomial 0xEDB88320).
std::uint32_t crc32(const void* data, std::size_t size);
/// Castagnoli's (reversed polynomial 0x82F63B78), of TFRecord.
std::uint32_t crc32c(const void* data, std::size_t size);

inline std::uint32_t crc32(std::string_view bytes) {
  return crc32(bytes.data(), bytes.size());
}
inline std::uint32_t crc32c(std::string_view bytes) {
  return crc32c(bytes.data(), bytes.size());
}

}  // namespace sequent
