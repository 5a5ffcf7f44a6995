// Reading numbers and texts from bytes we did not write, one after the other and never past the end.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "sequent/base/error.h"

namespace sequent {

class ByteReader {
 public:
  /// `place` begins every Error: "PLACE: cut short at byte POSITION". Both must outlive this.
  ByteReader(std::span<const std::byte> bytes, std::string_view place, std::int64_t position = 0)
      : bytes_(bytes), place_(place) {
    seek(position);
  }

  std::int64_t position() const { return position_; }
  std::int64_t left() const { return static_cast<std::int64_t>(bytes_.size()) - position_; }
  void seek(std::int64_t position) {
    check(position >= 0 && position <= static_cast<std::int64_t>(bytes_.size()), "{}: byte {} lies outside of its {}",
          place_, position, bytes_.size());
    position_ = position;
  }

  /// A little-endian number.
  template <class T>
  T number() {
    static_assert(std::is_arithmetic_v<T> && std::endian::native == std::endian::little);
    T value;
    std::memcpy(&value, bytes(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::span<const std::byte> bytes(std::uint64_t count) {
    check(count <= static_cast<std::uint64_t>(left()), "{}: cut short at byte {}", place_, bytes_.size());
    const auto begin = static_cast<std::size_t>(position_);
    position_ += static_cast<std::int64_t>(count);
    return bytes_.subspan(begin, static_cast<std::size_t>(count));
  }

  std::string_view text(std::uint64_t count) {
    const std::span<const std::byte> span = bytes(count);
    return {reinterpret_cast<const char*>(span.data()), span.size()};
  }

  /// Up to the next newline, which is passed over.
  std::string_view line() {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + position_,
                                static_cast<std::size_t>(left()));
    const std::size_t length = rest.find('\n');
    check(length != std::string_view::npos, "{}: cut short at byte {}", place_, bytes_.size());
    position_ += static_cast<std::int64_t>(length) + 1;
    return rest.substr(0, length);
  }

 private:
  std::span<const std::byte> bytes_;
  std::string_view place_;
  std::int64_t position_ = 0;
};

}  // namespace sequent
