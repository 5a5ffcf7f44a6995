// Tensor: a handle to dense row-major memory. Copies share; there is no mathematics here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "sequent/tensor/dtype.h"
#include "sequent/tensor/shape.h"

namespace sequent {

/// Bytes of a dense tensor. Errors: more than fit 63 bits; rows that are not a multiple of the type's block.
std::int64_t bytes_of(const Shape& shape, DType dtype);

class Tensor {
 public:
  /// Undefined: no memory, no shape.
  Tensor() = default;

  static Tensor empty(const Shape& shape, DType dtype = DType::f32);
  static Tensor zeros(const Shape& shape, DType dtype = DType::f32);
  static Tensor full(const Shape& shape, float value);
  template <class T>
  static Tensor from(std::span<const T> values, const Shape& shape);
  /// Read-only view of memory that `owner` keeps alive, e.g. a mapped file; writing to it is an Error.
  static Tensor borrow(const void* data, const Shape& shape, DType dtype, std::shared_ptr<const void> owner);

  bool defined() const { return dtype_set_; }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  /// Size of an axis; negative counts from the last.
  std::int64_t size(int axis) const { return shape_[axis]; }
  std::int64_t elements() const { return shape_.elements(); }
  std::int64_t bytes() const { return bytes_of(shape_, dtype_); }
  /// Elements of the last axis, and how many such rows there are.
  std::int64_t columns() const { return shape_.columns(); }
  std::int64_t rows() const { return shape_.rows(); }

  /// Elements for reading; T must be the element type (16-bit types are read as std::uint16_t).
  template <class T>
  const T* data() const;
  /// Elements for writing; borrowed memory is refused.
  template <class T>
  T* mutable_data() const;
  const float* floats() const { return data<float>(); }
  float* mutable_floats() const { return mutable_data<float>(); }
  const std::byte* raw() const { return data_; }
  std::byte* mutable_raw() const;

  /// The same memory under another shape of as many elements.
  Tensor reshape(const Shape& shape) const;
  /// The same memory, entries [begin, end) of the first axis.
  Tensor slice(std::int64_t begin, std::int64_t end) const;
  /// A copy in memory of its own.
  Tensor clone() const;
  /// Copies the elements of `source`, which must have the same dtype and number of elements.
  void copy_from(const Tensor& source) const;
  void fill_zero() const;
  /// True when no other tensor shares this memory and it may be written.
  bool unique() const { return writable_ && storage_ && storage_.use_count() == 1; }
  /// Elements of the underlying block from this tensor's first one on: room to grow in place.
  std::int64_t capacity() const;
  /// The same memory with `size` entries along the first axis, up to what capacity() allows.
  Tensor extend(std::int64_t size) const;

 private:
  std::shared_ptr<const std::byte> storage_;
  const std::byte* data_ = nullptr;
  std::int64_t storage_bytes_ = 0;
  Shape shape_;
  DType dtype_ = DType::f32;
  bool dtype_set_ = false;
  bool writable_ = false;
};

/// Throws "{op}: {what} must be {expected}, got {actual}" unless the shapes are equal.
void expect_shape(std::string_view op, std::string_view what, const Tensor& tensor, const Shape& expected);

}  // namespace sequent
