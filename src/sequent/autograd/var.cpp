#include "sequent/autograd/var.h"

#include <utility>

#include "sequent/base/error.h"
#include "sequent/kernels/elementwise.h"

namespace sequent {
namespace {

Tensor sum_of(const Tensor& a, const Tensor& b, const Tensor& into) {
  kernels::add(kernels::Cpu{}, {.a = a.floats(), .b = b.floats(), .y = into.mutable_floats(), .count = a.elements()});
  return into;
}

}  // namespace

Var::Var(Tensor value) : node_(std::make_shared<Node>()) {
  node_->gradient = std::make_shared<Gradient>();
  node_->gradient->shape = value.shape();
  node_->value = std::move(value);
}

Var Var::parameter(Tensor value) {
  Var var(std::move(value));
  var.node_->gradient->wanted = true;
  return var;
}

const Tensor& Var::value() const {
  check(defined(), "var: used before it was given a value");
  return node_->value;
}

const Shape& Var::shape() const {
  check(defined(), "var: used before it was given a value");
  return node_->gradient->shape;
}

Var Var::gradient_only() const {
  Var var;
  if (!node_) return var;
  var.node_ = std::make_shared<Node>();
  var.node_->gradient = node_->gradient;
  return var;
}

void Var::set_recipe(std::function<Tensor()> make) const {
  check(defined(), "var: used before it was given a value");
  node_->recipe = make ? std::make_shared<Recipe>(Recipe{.make = std::move(make), .made = {}}) : nullptr;
}

Var Var::kept() const {
  if (!node_ || !node_->recipe) return *this;
  const Var var = gradient_only();
  var.node_->recipe = node_->recipe;
  ++node_->recipe->users;
  return var;
}

Tensor Var::value_again() const {
  const Tensor& kept = value();
  if (kept.defined() || !node_->recipe) return kept;
  Recipe& recipe = *node_->recipe;
  if (!recipe.made.defined()) recipe.made = recipe.make();
  const Tensor made = recipe.made;
  if (--recipe.users <= 0) recipe.made = Tensor();
  return made;
}

Tensor Var::Gradient::memory_to_add_into() {
  if (leaf) return leaf->memory_to_add_into().slice(begin, end);
  if (!sum.defined()) {
    sum = Tensor::zeros(shape);
  } else if (handed_over && !sum.unique()) {
    sum = sum.clone();
  }
  handed_over = false;
  return sum;
}

Tensor Var::gradient() const {
  if (!node_) return {};
  const Gradient& own = *node_->gradient;
  if (!own.leaf) return own.sum;
  return own.leaf->sum.defined() ? own.leaf->sum.slice(own.begin, own.end) : Tensor();
}

void Var::accumulate(const Tensor& gradient) const {
  if (!wants_gradient() || !gradient.defined()) return;
  expect_shape("gradient", "a gradient", gradient, shape());
  Gradient& own = *node_->gradient;
  if (!own.leaf && !own.sum.defined()) {
    own.sum = gradient;
    own.handed_over = true;
  } else if (!own.leaf && own.handed_over && !own.sum.unique()) {
    // A residual hands the same gradient to both sides: what the other side reads must not change.
    own.sum = sum_of(own.sum, gradient, Tensor::empty(own.shape));
    own.handed_over = false;
  } else {
    const Tensor memory = own.memory_to_add_into();
    sum_of(memory, gradient, memory);
  }
}

Tensor Var::gradient_buffer() const {
  check(wants_gradient(), "gradient: this variable wants none");
  return node_->gradient->memory_to_add_into();
}

Var::GradientMemory Var::gradient_memory() const {
  check(wants_gradient(), "gradient: this variable wants none");
  Gradient& own = *node_->gradient;
  if (own.leaf || own.sum.defined()) return {own.memory_to_add_into(), false};
  own.sum = Tensor::empty(own.shape);
  return {own.sum, true};
}

void Var::clear_gradient() const {
  if (!node_) return;
  Gradient& own = *node_->gradient;
  if (own.leaf) {
    if (own.leaf->sum.defined()) own.memory_to_add_into().fill_zero();
  } else {
    own.sum = Tensor();
    own.handed_over = false;
  }
}

void Var::rebind(Tensor value) const {
  check(defined() && !node_->gradient->leaf, "rebind: only a whole variable can move to other memory");
  expect_shape("rebind", "the new value", value, shape());
  node_->value = std::move(value);
}

Var Var::leaf_rows(std::int64_t begin, std::int64_t end) const {
  check(node_ && !node_->gradient->leaf, "leaf_rows: rows of rows are not supported");
  Var view(value().slice(begin, end));
  view.node_->gradient->wanted = wants_gradient();
  view.node_->gradient->leaf = node_->gradient;
  view.node_->gradient->begin = begin;
  view.node_->gradient->end = end;
  return view;
}

}  // namespace sequent
