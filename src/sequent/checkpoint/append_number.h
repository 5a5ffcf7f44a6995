// Numbers as they stand in files, which all have them little-endian. Private to this room.
#pragma once

#include <bit>
#include <string>
#include <type_traits>

namespace sequent {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

template <class T>
void append_number(std::string& bytes, T value) {
  static_assert(std::is_arithmetic_v<T>);
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace sequent
