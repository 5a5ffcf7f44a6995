// Var: a tensor that may want a gradient. A handle: copies are the same variable.
#pragma once

#include <cstdint>
#include <functional>
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
  bool wants_gradient() const { return node_ && node_->gradient->wanted; }

  const Tensor& value() const;
  const Shape& shape() const;
  std::int64_t size(int axis) const { return shape()[axis]; }
  std::int64_t rows() const { return shape().rows(); }
  std::int64_t columns() const { return shape().columns(); }

  /// The same variable without its value: what a backward captures of an input when it only hands a gradient on, so
  /// that the tape does not keep the value in memory. It has a shape and takes gradients; its value is undefined.
  Var gradient_only() const;

  /// Says how the value can be computed again, bit for bit, from what the tape keeps anyway; for results that cost
  /// less to compute than to keep.
  void set_recipe(std::function<Tensor()> make) const;
  /// What a backward captures of an input whose value it needs once: without its value if there is a recipe.
  Var kept() const;
  /// The value of what kept() gave. It is computed for the first who asks and goes with the last.
  Tensor value_again() const;

  /// The gradient that has arrived so far; undefined when none has.
  Tensor gradient() const;
  /// Hands over a gradient of the value's shape: kept if it is the first (no copy), added otherwise.
  /// Ignored when no gradient is wanted. The caller must not write to it afterwards.
  void accumulate(const Tensor& gradient) const;
  /// The gradient as memory to add into, zero-filled when first asked for. For the gradients of weights.
  Tensor gradient_buffer() const;
  /// The same for whoever can write as well as add: while nothing has arrived, `empty` is true, and the caller must
  /// write every element.
  struct GradientMemory {
    Tensor sum;
    bool empty;
  };
  GradientMemory gradient_memory() const;
  /// Forgets the gradient.
  void clear_gradient() const;

  /// Moves a leaf to other memory (see nn/parameters.h). Rows taken by leaf_rows before keep the old value.
  void rebind(Tensor value) const;

  /// Rows [begin, end) of the first axis, sharing value and gradient.
  Var leaf_rows(std::int64_t begin, std::int64_t end) const;

 private:
  // Where the gradients of one variable add up. Apart from the value, which may be freed long before they arrive.
  struct Gradient {
    Shape shape;
    Tensor sum;
    bool wanted = false;
    // The sum is one gradient as it was handed over: others may be reading the same memory.
    bool handed_over = false;
    // Rows [begin, end) of a leaf keep their gradient there.
    std::shared_ptr<Gradient> leaf;
    std::int64_t begin = 0;
    std::int64_t end = 0;

    Tensor memory_to_add_into();
  };
  struct Recipe {
    std::function<Tensor()> make;
    std::int64_t users = 0;  // who have not asked yet
    Tensor made;
  };
  struct Node {
    Tensor value;
    std::shared_ptr<Recipe> recipe;
    std::shared_ptr<Gradient> gradient;
  };
  std::shared_ptr<Node> node_;
};

}  // namespace sequent
