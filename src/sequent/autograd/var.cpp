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
  node_->value = std::move(value);
}

Var Var::parameter(Tensor value) {
  Var var(std::move(value));
  var.node_->wants_gradient = true;
  return var;
}

const Tensor& Var::value() const {
  check(defined(), "var: used before it was given a value");
  return node_->value;
}

Tensor Var::gradient() const {
  if (!node_) return {};
  if (node_->leaf) return node_->leaf->gradient.defined() ? node_->leaf->gradient.slice(node_->begin, node_->end) : Tensor();
  return node_->gradient;
}

void Var::accumulate(const Tensor& gradient) const {
  if (!wants_gradient() || !gradient.defined()) return;
  expect_shape("gradient", "a gradient", gradient, shape());
  if (node_->leaf) {
    const Tensor buffer = gradient_buffer();
    sum_of(buffer, gradient, buffer);
  } else if (!node_->gradient.defined()) {
    node_->gradient = gradient;
  } else {
    // The first gradient may be shared with another variable (a residual hands the same one to both sides):
    // add in place only into memory that nobody else holds.
    Tensor& own = node_->gradient;
    own = sum_of(own, gradient, own.unique() ? own : Tensor::empty(shape()));
  }
}

Tensor Var::gradient_buffer() const {
  check(wants_gradient(), "gradient: this variable wants none");
  if (node_->leaf) {
    if (!node_->leaf->gradient.defined()) node_->leaf->gradient = Tensor::zeros(node_->leaf->value.shape());
    return node_->leaf->gradient.slice(node_->begin, node_->end);
  }
  if (!node_->gradient.defined()) node_->gradient = Tensor::zeros(shape());
  return node_->gradient;
}

void Var::clear_gradient() const {
  if (node_) node_->gradient = Tensor();
}

void Var::rebind(Tensor value, Tensor gradient) const {
  expect_shape("rebind", "the new value", value, shape());
  node_->value = std::move(value);
  node_->gradient = std::move(gradient);
}

Var Var::leaf_rows(std::int64_t begin, std::int64_t end) const {
  check(node_ && !node_->leaf, "leaf_rows: rows of rows are not supported");
  Var view(value().slice(begin, end));
  view.node_->wants_gradient = node_->wants_gradient;
  view.node_->leaf = node_;
  view.node_->begin = begin;
  view.node_->end = end;
  return view;
}

}  // namespace sequent
