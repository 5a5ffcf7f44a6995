#include "sequent/ops/experts.h"

#include <array>
#include <optional>
#include <span>
#include <utility>

#include "sequent/autograd/product_precision.h"
#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/experts.h"

namespace sequent {
namespace {

std::vector<const float*> values_of(const std::vector<Var>& parameters) {
  std::vector<const float*> values;
  for (const Var& parameter : parameters) values.push_back(parameter.value().floats());
  return values;
}

// Where the gradients of the weights of one kind go, one for each expert.
using GradientMemories = std::vector<std::optional<Var::GradientMemory>>;

// None where no gradient is wanted, or none will come for want of rows.
GradientMemories memories_of(const std::vector<Var>& parameters, const ExpertDispatch& rows) {
  const std::int64_t* begins = rows.begins.data<std::int64_t>();
  GradientMemories memories;
  for (std::size_t e = 0; e < parameters.size(); ++e) {
    const bool wanted = parameters[e].wants_gradient() && begins[e] < begins[e + 1];
    memories.push_back(wanted ? std::optional(parameters[e].gradient_memory()) : std::nullopt);
  }
  return memories;
}

// Whether there is a sum to add to; memory that is empty is then zero.
bool prepare_to_add(std::span<const GradientMemories* const> groups) {
  bool add = false;
  for (const GradientMemories* group : groups) {
    for (const auto& memory : *group) add = add || (memory && !memory->empty);
  }
  for (const GradientMemories* group : groups) {
    for (const auto& memory : *group) {
      if (add && memory && memory->empty) memory->sum.fill_zero();
    }
  }
  return add;
}

std::vector<float*> pointers_to(const GradientMemories& memories) {
  std::vector<float*> pointers;
  for (const auto& memory : memories) pointers.push_back(memory ? memory->sum.mutable_floats() : nullptr);
  return pointers;
}

/// All that forward and backward have in common.
struct Layer {
  Var x;
  Var weights;
  ExpertDispatch rows;
  ExpertWeights parameters;
  ExpertsOptions options;
  ProductPrecision precision;
  Tensor gate;  // [rows, hidden]
  Tensor up;

  std::int64_t width() const { return x.size(1); }
  std::int64_t hidden() const { return parameters.up.front().size(0); }
  bool gated() const { return !parameters.gate.empty(); }
  Tensor of_rows(std::int64_t columns) const { return Tensor::empty({rows.rows(), columns}); }

  /// Calls body with the layer as the kernel sees it.
  template <class Body>
  void with_kernel(Body&& body) const {
    const std::vector<const float*> gates = values_of(parameters.gate), ups = values_of(parameters.up),
                                    downs = values_of(parameters.down);
    body(kernels::Experts<float>{.rows = {.begins = rows.begins.data<std::int64_t>(),
                                          .token = rows.token.data<std::int32_t>(),
                                          .row = rows.row.data<std::int32_t>(),
                                          .tokens = x.size(0),
                                          .choices = weights.size(1),
                                          .experts = static_cast<std::int64_t>(ups.size())},
                                 .x = x.value().floats(),
                                 .weights = weights.value().floats(),
                                 .gate_weights = gated() ? gates.data() : nullptr,
                                 .up_weights = ups.data(),
                                 .down_weights = downs.data(),
                                 .width = width(),
                                 .hidden = hidden(),
                                 .f = options.activation,
                                 .dropout = options.dropout,
                                 .seed = options.seed,
                                 .stream = options.stream,
                                 .identity_of_dropped = options.identity_of_dropped,
                                 .precision = precision,
                                 .gate = gated() ? gate.mutable_floats() : nullptr,
                                 .up = up.mutable_floats()});
  }

  Tensor forward() const {
    const Tensor inputs = of_rows(width()), activated = of_rows(hidden()), outputs = of_rows(width());
    const Tensor y = Tensor::empty(x.shape());
    with_kernel([&](const kernels::Experts<float>& layer) {
      kernels::experts(kernels::Cpu{}, kernels::ExpertsForward<float>{.layer = layer,
                                                                      .inputs = inputs.mutable_floats(),
                                                                      .hidden = activated.mutable_floats(),
                                                                      .outputs = outputs.mutable_floats(),
                                                                      .y = y.mutable_floats()});
    });
    return y;
  }

  void backward(const Tensor& dy) const {
    const Tensor inputs = of_rows(width()), gradients = of_rows(width());
    const Tensor activated = of_rows(hidden()), dup = of_rows(hidden());
    const Tensor dgate = gated() ? of_rows(hidden()) : Tensor();
    const Tensor dx = Tensor::empty(x.shape()), dweights = Tensor::empty(weights.shape());
    const GradientMemories gate_memories = memories_of(parameters.gate, rows),
                           up_memories = memories_of(parameters.up, rows),
                           down_memories = memories_of(parameters.down, rows);
    const bool add = prepare_to_add(std::array{&gate_memories, &up_memories, &down_memories});
    const std::vector<float*> dgates = pointers_to(gate_memories), dups = pointers_to(up_memories),
                              ddowns = pointers_to(down_memories);
    with_kernel([&](const kernels::Experts<float>& layer) {
      kernels::experts(kernels::Cpu{},
                       kernels::ExpertsBackward<float>{.layer = layer,
                                                       .dy = dy.floats(),
                                                       .inputs = inputs.mutable_floats(),
                                                       .gradients = gradients.mutable_floats(),
                                                       .hidden = activated.mutable_floats(),
                                                       .dgate = gated() ? dgate.mutable_floats() : nullptr,
                                                       .dup = dup.mutable_floats(),
                                                       .dx = dx.mutable_floats(),
                                                       .dweights = dweights.mutable_floats(),
                                                       .dgate_weights = dgates.data(),
                                                       .dup_weights = dups.data(),
                                                       .ddown_weights = ddowns.data(),
                                                       .add = add});
    });
    x.accumulate(dx);
    weights.accumulate(dweights);
  }
};

void check_parameters(const std::vector<Var>& parameters, const char* what, std::size_t experts, const Shape& shape) {
  check(parameters.size() == experts, "experts: there must be {} {} weights, got {}", experts, what, parameters.size());
  for (const Var& parameter : parameters) expect_shape("experts", what, parameter.value(), shape);
}

}  // namespace

Var experts(const Var& x, const Var& weights, const ExpertDispatch& dispatch, const ExpertWeights& parameters,
            const ExpertsOptions& options) {
  check(x.shape().rank() == 2, "experts: x must be [tokens, width], got {}", to_string(x.shape()));
  check(weights.shape() == dispatch.row.shape() && weights.size(0) == x.size(0),
        "experts: weights must be {} for {} tokens, got {}", to_string(dispatch.row.shape()), x.size(0),
        to_string(weights.shape()));
  check(options.dropout >= 0 && options.dropout < 1, "experts: dropout must be at least 0 and below 1, got {}",
        options.dropout);
  const auto count = static_cast<std::size_t>(dispatch.begins.size(0)) - 1;
  check(parameters.up.size() == count, "experts: the dispatch is for {} experts, got {}", count, parameters.up.size());
  const std::int64_t width = x.size(1), hidden = parameters.up.front().size(0);
  check_parameters(parameters.up, "up", count, {hidden, width});
  check_parameters(parameters.down, "down", count, {width, hidden});
  if (!parameters.gate.empty()) check_parameters(parameters.gate, "gate", count, {hidden, width});

  const std::int64_t rows = dispatch.rows();
  Layer layer = {.x = x,
                 .weights = weights,
                 .rows = dispatch,
                 .parameters = parameters,
                 .options = options,
                 .precision = product_precision(),
                 .gate = parameters.gate.empty() ? Tensor() : Tensor::empty({rows, hidden}),
                 .up = Tensor::empty({rows, hidden})};
  const Tensor y = layer.forward();
  std::vector<Var> inputs = {x, weights};
  for (const auto* group : {&parameters.gate, &parameters.up, &parameters.down}) {
    inputs.insert(inputs.end(), group->begin(), group->end());
  }
  return record_outputs(std::span(&y, 1), inputs,
                        [layer = std::move(layer)](std::span<const Tensor> gradients) { layer.backward(gradients[0]); })
      .front();
}

}  // namespace sequent
