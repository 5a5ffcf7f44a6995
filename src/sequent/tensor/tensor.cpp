#include "sequent/tensor/tensor.h"

#include <algorithm>
#include <cstring>

#include "sequent/base/error.h"
#include "sequent/tensor/memory.h"

namespace sequent {

// Sizes can come from a file: their product fits 63 bits (see Shape), their bytes need not.
std::int64_t bytes_of(const Shape& shape, DType dtype) {
  const ElementBlock block = block_of(dtype);
  check(block.elements == 1 || shape.columns() % block.elements == 0,
        "tensor: rows of {} must be a multiple of {}, got {}", name_of(dtype), block.elements, to_string(shape));
  std::int64_t bytes = 0;
  check(!__builtin_mul_overflow(shape.elements() / block.elements, block.bytes, &bytes),
        "tensor: {} of {} does not fit 63 bits", to_string(shape), name_of(dtype));
  return bytes;
}

Tensor Tensor::empty(const Shape& shape, DType dtype) {
  Tensor tensor;
  tensor.shape_ = shape;
  tensor.dtype_ = dtype;
  tensor.dtype_set_ = true;
  tensor.writable_ = true;
  tensor.storage_bytes_ = bytes_of(shape, dtype);
  tensor.storage_ = memory::allocate(tensor.storage_bytes_);
  tensor.data_ = tensor.storage_.get();
  return tensor;
}

Tensor Tensor::zeros(const Shape& shape, DType dtype) {
  Tensor tensor = empty(shape, dtype);
  tensor.fill_zero();
  return tensor;
}

Tensor Tensor::full(const Shape& shape, float value) {
  Tensor tensor = empty(shape);
  std::fill_n(tensor.mutable_floats(), tensor.elements(), value);
  return tensor;
}

template <class T>
Tensor Tensor::from(std::span<const T> values, const Shape& shape) {
  check(static_cast<std::int64_t>(values.size()) == shape.elements(), "tensor: {} values for shape {}", values.size(),
        to_string(shape));
  Tensor tensor = empty(shape, dtype_of<T>());
  if (!values.empty()) std::memcpy(tensor.mutable_raw(), values.data(), values.size_bytes());
  return tensor;
}
template Tensor Tensor::from(std::span<const float>, const Shape&);
template Tensor Tensor::from(std::span<const std::int32_t>, const Shape&);
template Tensor Tensor::from(std::span<const std::int64_t>, const Shape&);
template Tensor Tensor::from(std::span<const std::uint8_t>, const Shape&);

Tensor Tensor::borrow(const void* data, const Shape& shape, DType dtype, std::shared_ptr<const void> owner) {
  Tensor tensor;
  tensor.shape_ = shape;
  tensor.dtype_ = dtype;
  tensor.dtype_set_ = true;
  tensor.data_ = static_cast<const std::byte*>(data);
  tensor.storage_ = std::shared_ptr<const std::byte>(std::move(owner), tensor.data_);
  tensor.storage_bytes_ = bytes_of(shape, dtype);
  return tensor;
}

template <class T>
const T* Tensor::data() const {
  check(defined(), "tensor: used before it was given a value");
  const bool sixteen_bits = std::is_same_v<T, std::uint16_t> && (dtype_ == DType::f16 || dtype_ == DType::bf16);
  check(dtype_ == dtype_of<T>() || sixteen_bits, "tensor: holds {}, read as {}", name_of(dtype_),
        name_of(dtype_of<T>()));
  return reinterpret_cast<const T*>(data_);
}

template <class T>
T* Tensor::mutable_data() const {
  const T* elements = data<T>();
  check(writable_, "tensor: this memory is read-only");
  return const_cast<T*>(elements);
}

#define SEQUENT_INSTANTIATE(T)               \
  template const T* Tensor::data<T>() const; \
  template T* Tensor::mutable_data<T>() const;
SEQUENT_INSTANTIATE(float)
SEQUENT_INSTANTIATE(std::int32_t)
SEQUENT_INSTANTIATE(std::int64_t)
SEQUENT_INSTANTIATE(std::uint8_t)
SEQUENT_INSTANTIATE(std::uint16_t)
#undef SEQUENT_INSTANTIATE

std::byte* Tensor::mutable_raw() const {
  check(writable_, "tensor: this memory is read-only");
  return const_cast<std::byte*>(data_);
}

Tensor Tensor::reshape(const Shape& shape) const {
  check(defined(), "reshape: the tensor was never given a value");
  check(shape.elements() == elements(), "reshape: {} has {} elements, {} has {}", to_string(shape_), elements(),
        to_string(shape), shape.elements());
  bytes_of(shape, dtype_);  // rows of whole blocks
  Tensor view = *this;
  view.shape_ = shape;
  return view;
}

namespace {

Shape with_first(const Shape& shape, std::int64_t size) {
  std::array<std::int64_t, Shape::kMaximumRank> sizes = {};
  std::copy(shape.sizes().begin(), shape.sizes().end(), sizes.begin());
  sizes[0] = size;
  return Shape(std::span<const std::int64_t>(sizes.data(), static_cast<std::size_t>(shape.rank())));
}

}  // namespace

Tensor Tensor::slice(std::int64_t begin, std::int64_t end) const {
  check(defined() && shape_.rank() >= 1 && 0 <= begin && begin <= end && end <= shape_[0], "slice: [{}, {}) of {}",
        begin, end, to_string(shape_));
  // A vector of blocks is cut between them; bytes_of refuses other cuts.
  const std::int64_t offset = bytes_of(with_first(shape_, begin), dtype_);
  Tensor view = *this;
  view.shape_ = with_first(shape_, end - begin);
  view.data_ = data_ + offset;
  view.storage_bytes_ = storage_bytes_ - offset;
  bytes_of(view.shape_, dtype_);
  return view;
}

Tensor Tensor::clone() const {
  if (!defined()) return {};
  Tensor copy = empty(shape_, dtype_);
  copy.copy_from(*this);
  return copy;
}

void Tensor::copy_from(const Tensor& source) const {
  check(defined() && source.defined(), "copy: from or into a tensor that was never given a value");
  check(dtype_ == source.dtype_ && elements() == source.elements(), "copy: {} {} into {} {}", name_of(source.dtype_),
        to_string(source.shape_), name_of(dtype_), to_string(shape_));
  if (bytes() > 0) std::memcpy(mutable_raw(), source.raw(), static_cast<std::size_t>(bytes()));
}

void Tensor::fill_zero() const {
  if (bytes() > 0) std::memset(mutable_raw(), 0, static_cast<std::size_t>(bytes()));
}

std::int64_t Tensor::capacity() const {
  return writable_ ? storage_bytes_ / block_of(dtype_).bytes * block_of(dtype_).elements : elements();
}

Tensor Tensor::extend(std::int64_t size) const {
  check(shape_.rank() >= 1, "extend: a scalar has no axis to extend");
  Tensor view = *this;
  view.shape_ = with_first(shape_, size);
  check(view.elements() <= capacity(), "extend: {} needs more memory than the {} elements there are",
        to_string(view.shape_), capacity());
  return view;
}

void expect_shape(std::string_view op, std::string_view what, const Tensor& tensor, const Shape& expected) {
  check(tensor.defined() && tensor.shape() == expected, "{}: {} must be {}, got {}", op, what, to_string(expected),
        tensor.defined() ? to_string(tensor.shape()) : "nothing");
}

}  // namespace sequent
