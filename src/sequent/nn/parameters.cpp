#include "sequent/nn/parameters.h"

#include <algorithm>

#include "sequent/base/error.h"
#include "sequent/checkpoint/weights.h"

namespace sequent {
namespace {

class Fresh : public ParameterSource {
 public:
  explicit Fresh(std::uint64_t seed) : seed_(seed) {}
  Tensor make(const std::string& name, const Shape& shape, const Initializer& initializer) override {
    Tensor values = Tensor::empty(shape);
    initializer(values, Random(seed_, Random::stream_of(name)));
    return values;
  }

 private:
  std::uint64_t seed_;
};

class ShapesOnly : public ParameterSource {
 public:
  Tensor make(const std::string&, const Shape& shape, const Initializer&) override {
    return Tensor::borrow(nullptr, shape, DType::f32, nullptr);
  }
};

std::int64_t aligned(std::int64_t elements) {
  constexpr std::int64_t kFloatsPerLine = 16;
  return (elements + kFloatsPerLine - 1) / kFloatsPerLine * kFloatsPerLine;
}

}  // namespace

std::unique_ptr<ParameterSource> fresh_parameters(std::uint64_t seed) {
  return std::make_unique<Fresh>(seed);
}

std::unique_ptr<ParameterSource> shapes_only() {
  return std::make_unique<ShapesOnly>();
}

void Parameters::expect_new(const std::string& name) const {
  check(std::none_of(all_.begin(), all_.end(), [&](const Parameter& p) { return p.name == name; }),
        "parameters: {} is made twice", name);
}

Var Parameters::add(const std::string& name, Tensor value, bool decay) {
  Var var = Var::parameter(std::move(value));
  all_.push_back({name, var, decay});
  return var;
}

Var Parameters::add(const std::string& name, const Shape& shape, const Initializer& initializer, bool decay) {
  expect_new(name);
  return add(name, source_->make(name, shape, initializer), decay);
}

Var Parameters::add_matrix(const std::string& name, const Shape& shape, const Initializer& initializer) {
  expect_new(name);
  return add(name, source_->make_matrix(name, shape, initializer), /*decay=*/true);
}

std::int64_t Parameters::count() const {
  std::int64_t total = 0;
  for (const Parameter& parameter : all_) total += parameter.var.value().elements();
  return total;
}

void Parameters::flatten() {
  std::vector<const Parameter*> order;
  for (const Parameter& parameter : all_) order.push_back(&parameter);
  std::stable_partition(order.begin(), order.end(), [](const Parameter* p) { return p->decay; });
  std::int64_t total = 0;
  for (const Parameter* parameter : order) {
    const DType type = parameter->var.value().dtype();
    check(!is_quantised(type), "parameters: {} is stored as {}, and training needs float32: convert the model first",
          parameter->name, name_of(type));
    total += aligned(parameter->var.value().elements());
  }
  values_ = Tensor::zeros({total});
  std::int64_t at = 0;
  for (const Parameter* parameter : order) {
    const std::int64_t elements = parameter->var.value().elements();
    const Tensor value = values_.slice(at, at + elements).reshape(parameter->var.shape());
    value.copy_from(to_float(parameter->var.value(), parameter->name));
    parameter->var.rebind(value);
    at += aligned(elements);
  }
}

void Parameters::clear_gradients() const {
  for (const Parameter& parameter : all_) parameter.var.clear_gradient();
}

}  // namespace sequent
