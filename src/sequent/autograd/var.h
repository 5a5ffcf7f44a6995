// Var: a tensor that may want a gradient. A handle: copies are the same variable.
#pragma once

#include <cstdint>
#include <memory>

#include "sequent/tensor/tensor.h"

namespace sequent {

class Var {
 public:
  /// Undefined.
  Var() = default;
  /// A constant: no gradient is ever computed for it.
  Var(Tensor value);  // NOLINT(google-explicit-constructor): a tensor is a constant wherever a Var is asked for
  /// A leaf whose gradient is wanted, such as a parameter.
  static Var parameter(Tensor value);

  bool defined() const { return node_ != nullptr; }
  bool wants_gradient() const { return node_ && node_->wants_gradient; }

  const Tensor& value() const;
  const Shape& shape() const { return value().shape(); }
  std::int64_t size(int axis) const { return value().size(axis); }
  std::int64_t rows() const { return value().rows(); }
  std::int64_t columns() const { return value().columns(); }

  /// The gradient that has arrived so far; undefined when none has.
  Tensor gradient() const;
  /// Hands over a gradient of the value's shape: kept if it is the first (no copy), added otherwise.
  /// Ignored when no gradient is wanted. The caller must not write to it afterwards.
  void accumulate(const Tensor& gradient) const;
  /// The gradient as memory to add into, zero-filled when first asked for. For the gradients of weights.
  Tensor gradient_buffer() const;
  /// Forgets the gradient.
  void clear_gradient() const;

  /// Moves a leaf to other memory: its value, and its gradient where one is given (see nn/parameters.h).
  void rebind(Tensor value, Tensor gradient) const;

  /// Rows [begin, end) of a leaf's first axis, sharing its value and its gradient.
  Var leaf_rows(std::int64_t begin, std::int64_t end) const;

 private:
  struct Node {
    Tensor value;
    Tensor gradient;
    bool wants_gradient = false;
    // A view of rows [begin, end) of a leaf keeps its gradient there.
    std::shared_ptr<Node> leaf;
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };
  std::shared_ptr<Node> node_;
};

}  // namespace sequent
