// The readable specification of kernels/quantisation.h, and the oracle of its tests.
#pragma once

#include <cstring>

#include "sequent/base/half.h"
#include "sequent/kernels/quantisation.h"
#include "sequent/kernels/quantised_blocks.h"

namespace sequent::kernels::reference {

inline float value_of(Half half) {
  return float_from_f16(half.bits());
}

inline float value_of(const BlockQ8_0& block, int i) {
  return value_of(block.d) * static_cast<float>(block.q[i]);
}

inline float value_of(const BlockQ4_0& block, int i) {
  const int n = i < 16 ? block.q[i] & 15 : block.q[i - 16] >> 4;
  return value_of(block.d) * static_cast<float>(n - 8);
}

// The four lower bits of value i in q4_k and q5_k.
inline int nibble_of(const std::uint8_t* q, int i) {
  const std::uint8_t byte = q[i / 64 * 32 + i % 32];
  return i % 64 < 32 ? byte & 15 : byte >> 4;
}

template <class Block>
float scaled(const Block& block, int i, int n) {
  const float scale = value_of(block.d) * static_cast<float>(block.scales.scale(i / 32));
  const float minimum = value_of(block.m) * static_cast<float>(block.scales.minimum(i / 32));
  return scale * static_cast<float>(n) - minimum;
}

inline float value_of(const BlockQ4K& block, int i) {
  return scaled(block, i, nibble_of(block.q, i));
}

inline float value_of(const BlockQ5K& block, int i) {
  return scaled(block, i, nibble_of(block.q, i) + 16 * ((block.high[i % 32] >> (i / 32)) & 1));
}

inline float value_of(const BlockQ6K& block, int i) {
  const int half = i / 128, group = i % 128 / 32, j = i % 32;
  const std::uint8_t low = block.low[64 * half + 32 * (group % 2) + j];
  const int upper = (block.high[32 * half + j] >> (2 * group)) & 3;
  const int n = (group < 2 ? low & 15 : low >> 4) | (upper << 4);
  return value_of(block.d) * static_cast<float>(block.scales[i / 16]) * static_cast<float>(n - 32);
}

template <class Block, int kElements>
void dequantise_blocks(const Dequantise& args) {
  for (std::int64_t i = 0; i < args.count; ++i) {
    Block block;
    std::memcpy(&block, static_cast<const std::uint8_t*>(args.from) + i / kElements * sizeof(Block), sizeof(Block));
    args.to[i] = value_of(block, static_cast<int>(i % kElements));
  }
}

inline void dequantise(const Dequantise& args) {
  switch (args.type) {
    case DType::q8_0:
      return dequantise_blocks<BlockQ8_0, 32>(args);
    case DType::q4_0:
      return dequantise_blocks<BlockQ4_0, 32>(args);
    case DType::q4_k:
      return dequantise_blocks<BlockQ4K, 256>(args);
    case DType::q5_k:
      return dequantise_blocks<BlockQ5K, 256>(args);
    case DType::q6_k:
      return dequantise_blocks<BlockQ6K, 256>(args);
    default:
      break;
  }
  for (std::int64_t i = 0; i < args.count; ++i) {
    if (args.type == DType::f32) {
      std::memcpy(args.to + i, static_cast<const char*>(args.from) + 4 * i, 4);
    } else {
      std::uint16_t bits;
      std::memcpy(&bits, static_cast<const char*>(args.from) + 2 * i, 2);
      args.to[i] = args.type == DType::f16 ? float_from_f16(bits) : float_from_bf16(bits);
    }
  }
}

}  // namespace sequent::kernels::reference
