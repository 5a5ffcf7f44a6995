// How GGML's blocks lie in memory (ggml-common.h): what the kernels of quantisation and the product share.
#pragma once

#include <cstdint>
#include <cstring>

namespace sequent::kernels {

// Every number at its own byte: blocks of mapped files lie at any address.
struct Half {
  std::uint8_t low;
  std::uint8_t high;

  std::uint16_t bits() const { return static_cast<std::uint16_t>(low | (high << 8)); }
  static Half of(std::uint16_t bits) {
    return {static_cast<std::uint8_t>(bits & 0xFF), static_cast<std::uint8_t>(bits >> 8)};
  }
};

struct BlockQ8_0 {
  Half d;
  std::int8_t q[32];
};

struct BlockQ4_0 {
  Half d;
  std::uint8_t q[16];  // value j in the low half of q[j], value 16 + j in the high
};

/// Eight 6-bit scales and minima in 12 bytes: the first four of each in the low bits of bytes 0 to 7, the last four in
/// bytes 8 to 11, their two upper bits in the upper bits of bytes 0 to 7.
struct SixBitScales {
  std::uint8_t packed[12];

  int scale(int j) const { return j < 4 ? packed[j] & 63 : (packed[j + 4] & 15) | ((packed[j - 4] >> 6) << 4); }
  int minimum(int j) const { return j < 4 ? packed[j + 4] & 63 : (packed[j + 4] >> 4) | ((packed[j] >> 6) << 4); }
  /// Eight of each, four bytes at a time.
  void unpack(std::uint8_t* scales, std::uint8_t* minima) const {
    std::uint32_t words[3];
    std::memcpy(words, packed, sizeof words);
    constexpr std::uint32_t kSixBits = 0x3F3F3F3F, kFourBits = 0x0F0F0F0F, kUpperTwo = 0x30303030;
    const std::uint32_t of_scales[2] = {words[0] & kSixBits, (words[2] & kFourBits) | ((words[0] >> 2) & kUpperTwo)};
    const std::uint32_t of_minima[2] = {words[1] & kSixBits,
                                        ((words[2] >> 4) & kFourBits) | ((words[1] >> 2) & kUpperTwo)};
    std::memcpy(scales, of_scales, 8);
    std::memcpy(minima, of_minima, 8);
  }
  /// All of them must be zero before.
  void set(int j, int scale, int minimum) {
    if (j < 4) {
      packed[j] = static_cast<std::uint8_t>(packed[j] | scale);
      packed[j + 4] = static_cast<std::uint8_t>(packed[j + 4] | minimum);
    } else {
      packed[j + 4] = static_cast<std::uint8_t>((scale & 15) | ((minimum & 15) << 4));
      packed[j - 4] = static_cast<std::uint8_t>(packed[j - 4] | ((scale >> 4) << 6));
      packed[j] = static_cast<std::uint8_t>(packed[j] | ((minimum >> 4) << 6));
    }
  }
};

struct BlockQ4K {
  Half d;
  Half m;
  SixBitScales scales;
  std::uint8_t q[128];  // of each 64 values 32 bytes: the first 32 in the low halves, the others in the high
};

struct BlockQ5K {
  Half d;
  Half m;
  SixBitScales scales;
  std::uint8_t high[32];  // the fifth bit of value 32 i + j is bit i of high[j]
  std::uint8_t q[128];    // as in q4_k
};

struct BlockQ6K {
  std::uint8_t low[128];  // of each 128 values 64 bytes: values 0 to 63 in the low halves, 64 to 127 in the high
  std::uint8_t high[64];  // of each 128 values 32 bytes: bits 4 and 5 of value 32 i + j are bits 2 i and 2 i + 1 of [j]
  std::int8_t scales[16];  // of 16 values each
  Half d;
};

static_assert(sizeof(BlockQ8_0) == 34 && sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4K) == 144 &&
              sizeof(BlockQ5K) == 176 && sizeof(BlockQ6K) == 210 && alignof(BlockQ6K) == 1);

}  // namespace sequent::kernels
