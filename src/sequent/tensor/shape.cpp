#include "sequent/tensor/shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sequent/base/error.h"

namespace sequent {

Shape::Shape(std::span<const std::int64_t> sizes) {
  check(sizes.size() <= kMaximumRank, "shape: at most {} axes, got {}", kMaximumRank, sizes.size());
  rank_ = static_cast<int>(sizes.size());
  std::int64_t product = 1;
  for (const std::int64_t size : sizes) {
    check(size >= 0, "shape: sizes must not be negative, got {}", size);
    check(!__builtin_mul_overflow(product, std::max<std::int64_t>(size, 1), &product),
          "shape: the number of elements does not fit 63 bits");
  }
  std::copy(sizes.begin(), sizes.end(), sizes_.begin());
}

std::int64_t Shape::operator[](int axis) const {
  const int index = axis < 0 ? axis + rank_ : axis;
  check(index >= 0 && index < rank_, "shape: no axis {} in {}", axis, to_string(*this));
  return sizes_[static_cast<std::size_t>(index)];
}

std::int64_t Shape::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t size : sizes()) product *= size;
  return product;
}

std::string to_string(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape.sizes(), ", "));
}

}  // namespace sequent
