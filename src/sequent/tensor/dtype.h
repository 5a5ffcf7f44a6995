// Element types. Computation is float32; the 16-bit types store weights and states, the block types store weights, the
// integers hold tokens.
#pragma once

#include <cstdint>
#include <string_view>

namespace sequent {

enum class DType : std::uint8_t { f32, f16, bf16, i32, i64, u8, q8_0, q4_0, q4_k, q5_k, q6_k };

/// How a type lies in memory: blocks of `elements` consecutive values of a row, each of `bytes`.
struct ElementBlock {
  std::int64_t elements;  // 1 but for the block types, whose rows must be a multiple of it
  std::int64_t bytes;
};
ElementBlock block_of(DType dtype);

/// Whether values share a scale with those beside them (GGML's block types), and have no bytes of their own.
inline bool is_quantised(DType dtype) {
  return block_of(dtype).elements > 1;
}

/// Bytes of one element; a block type has no such number, which is an Error.
std::int64_t size_of(DType dtype);

/// "f32", "bf16", "q4_k", ...
std::string_view name_of(DType dtype);

template <class T>
constexpr DType dtype_of();
template <>
constexpr DType dtype_of<float>() {
  return DType::f32;
}
template <>
constexpr DType dtype_of<std::int32_t>() {
  return DType::i32;
}
template <>
constexpr DType dtype_of<std::int64_t>() {
  return DType::i64;
}
template <>
constexpr DType dtype_of<std::uint8_t>() {
  return DType::u8;
}
/// Raw 16-bit patterns; the tensor's own dtype says which of f16 and bf16 they are.
template <>
constexpr DType dtype_of<std::uint16_t>() {
  return DType::bf16;
}

}  // namespace sequent
