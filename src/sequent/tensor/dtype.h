// Element types. Computation is float32; the 16-bit types store weights and states, the integers hold tokens.
#pragma once

#include <cstdint>
#include <string_view>

namespace sequent {

enum class DType : std::uint8_t { f32, f16, bf16, i32, i64, u8 };

/// Bytes of one element.
std::int64_t size_of(DType dtype);

/// "f32", "bf16", ...
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
