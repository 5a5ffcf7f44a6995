// The sizes of a dense row-major tensor, up to six axes, 64-bit throughout.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace sequent {

class Shape {
 public:
  static constexpr int kMaximumRank = 6;

  /// The shape of a scalar: no axes, one element.
  Shape() = default;
  /// Sizes must be zero or more and their product must fit 63 bits; otherwise an Error.
  Shape(std::initializer_list<std::int64_t> sizes) : Shape(std::span(sizes.begin(), sizes.size())) {}
  explicit Shape(std::span<const std::int64_t> sizes);

  int rank() const { return rank_; }
  /// Size of an axis; negative counts from the last (-1). Out of range is an Error.
  std::int64_t operator[](int axis) const;
  /// Product of all sizes.
  std::int64_t elements() const;
  /// Elements of the last axis (one for a scalar), and how many such rows there are.
  std::int64_t columns() const { return rank_ == 0 ? 1 : sizes_[static_cast<std::size_t>(rank_ - 1)]; }
  std::int64_t rows() const { return columns() == 0 ? 0 : elements() / columns(); }
  std::span<const std::int64_t> sizes() const { return {sizes_.data(), static_cast<std::size_t>(rank_)}; }
  bool operator==(const Shape& other) const = default;

 private:
  std::array<std::int64_t, kMaximumRank> sizes_ = {};
  int rank_ = 0;
};

/// "[2, 3]".
std::string to_string(const Shape& shape);

}  // namespace sequent
