// The parameters of a model: made once by one constructor, whether fresh or loaded, each under its name.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/autograd/var.h"
#include "sequent/nn/initializer.h"

namespace sequent {

struct Parameter {
  std::string name;
  Var var;
  bool decay;  // whether weight decay applies; biases, norms and state-space parameters are exempt
};

/// Where values come from: drawn, read from a checkpoint, or nowhere when only shapes matter.
class ParameterSource {
 public:
  virtual ~ParameterSource() = default;
  /// A tensor of exactly `shape`; anything else the source can offer under this name is an Error.
  virtual Tensor make(const std::string& name, const Shape& shape, const Initializer& initializer) = 0;
  /// The same for a matrix that is only multiplied with, or whose rows are looked up: it may stay as it is stored, in
  /// f16, bf16 or a block type.
  virtual Tensor make_matrix(const std::string& name, const Shape& shape, const Initializer& initializer) {
    return make(name, shape, initializer);
  }
};

/// Fresh values drawn from `seed`.
std::unique_ptr<ParameterSource> fresh_parameters(std::uint64_t seed);
/// No memory at all: for counting.
std::unique_ptr<ParameterSource> shapes_only();

class Parameters {
 public:
  /// The source is used by add() only.
  explicit Parameters(ParameterSource& source) : source_(&source) {}

  /// Makes the parameter `name`; asking twice for one name is an Error.
  Var add(const std::string& name, const Shape& shape, const Initializer& initializer, bool decay);
  /// The same with the source's make_matrix; decays.
  Var add_matrix(const std::string& name, const Shape& shape, const Initializer& initializer);

  std::span<const Parameter> all() const { return all_; }
  /// Number of values in all parameters.
  std::int64_t count() const;

  /// For training: moves all values into one flat buffer, decayed parameters first, each aligned to 64 bytes (the gaps
  /// stay zero), so that the optimizer's means are one tensor each. f16 and bf16 become float32; a parameter that is
  /// stored in a block type is an Error.
  void flatten();
  const Tensor& values() const { return values_; }
  /// Where a parameter's values begin in the flat buffer.
  std::int64_t offset_of(const Parameter& parameter) const { return parameter.var.value().floats() - values_.floats(); }
  /// Forgets all gradients. They have no memory of their own from one step to the next: during a step they take what
  /// the tape lets go.
  void clear_gradients() const;

 private:
  Var add(const std::string& name, Tensor value, bool decay);
  void expect_new(const std::string& name) const;

  ParameterSource* source_;
  std::vector<Parameter> all_;
  Tensor values_;
};

/// A place in the tree of names: scope("mixer")("in_proj").parameter("weight", ...) is "...mixer.in_proj.weight".
class ParameterScope {
 public:
  explicit ParameterScope(Parameters& parameters) : parameters_(&parameters) {}

  ParameterScope operator()(std::string_view name) const { return {*parameters_, prefix_ + std::string(name) + "."}; }
  ParameterScope operator()(std::int64_t index) const { return (*this)(std::to_string(index)); }

  Var parameter(std::string_view name, const Shape& shape, const Initializer& initializer, bool decay) const {
    return parameters_->add(prefix_ + std::string(name), shape, initializer, decay);
  }
  /// For a layer that only multiplies with it or looks up its rows (see ParameterSource::make_matrix).
  Var matrix(std::string_view name, const Shape& shape, const Initializer& initializer) const {
    return parameters_->add_matrix(prefix_ + std::string(name), shape, initializer);
  }

 private:
  ParameterScope(Parameters& parameters, std::string prefix) : parameters_(&parameters), prefix_(std::move(prefix)) {}
  Parameters* parameters_;
  std::string prefix_;
};

}  // namespace sequent
