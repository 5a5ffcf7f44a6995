#include "sequent/autograd/tape.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sequent/autograd/product_precision.h"
#include "sequent/base/error.h"

namespace sequent {
namespace {

thread_local Tape* current_tape = nullptr;

}  // namespace

Tape::Tape() : outer_(std::exchange(current_tape, this)) {}

Tape::~Tape() {
  current_tape = outer_;
}

Tape* Tape::current() {
  return current_tape;
}

Tape::Pause::Pause() : paused_(std::exchange(current_tape, nullptr)) {}

Tape::Pause::~Pause() {
  current_tape = paused_;
}

void Tape::backward(const Var& loss) {
  check(loss.value().elements() == 1, "backward: the loss must have one element, got {}", to_string(loss.shape()));
  backward(loss, Tensor::full(loss.shape(), 1.0f));
}

void Tape::backward(const Var& output, const Tensor& gradient) {
  backward(std::span(&output, 1), std::span(&gradient, 1));
}

void Tape::backward(std::span<const Var> outputs, std::span<const Tensor> gradients) {
  for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i].accumulate(gradients[i]);
  const Pause pause;
  while (!steps_.empty()) {
    const Step step = std::move(steps_.back());
    steps_.pop_back();
    std::vector<Tensor> arrived;
    bool any = false;
    for (const Var& result : step.outputs) {
      arrived.push_back(result.gradient());
      any = any || arrived.back().defined();
      // `arrived` holds the only reference from here on; it is freed when this step is done.
      result.clear_gradient();
    }
    if (any) step.backward(arrived);
  }
}

bool recording(std::span<const Var> inputs) {
  return current_tape && std::any_of(inputs.begin(), inputs.end(), [](const Var& v) { return v.wants_gradient(); });
}

bool recording(std::initializer_list<Var> inputs) {
  return recording(std::span(inputs.begin(), inputs.size()));
}

Var record(Tensor value, std::initializer_list<Var> inputs, std::function<void(const Tensor&)> backward) {
  if (!recording(inputs)) return Var(std::move(value));
  Var output = Var::parameter(std::move(value));
  // Without its value: only what the closure captures is kept.
  current_tape->steps_.push_back(
      {{output.gradient_only()},
       [backward = std::move(backward)](std::span<const Tensor> gradients) { backward(gradients[0]); }});
  return output;
}

std::vector<Var> record_outputs(std::span<const Tensor> values, std::span<const Var> inputs,
                                std::function<void(std::span<const Tensor>)> backward) {
  const bool wanted = recording(inputs);
  std::vector<Var> outputs, gradients;
  for (const Tensor& value : values) {
    outputs.push_back(wanted ? Var::parameter(value) : Var(value));
    if (wanted) gradients.push_back(outputs.back().gradient_only());
  }
  if (wanted) current_tape->steps_.push_back({std::move(gradients), std::move(backward)});
  return outputs;
}

Var recompute(std::function<Var(const Var&)> body, const Var& x) {
  return recompute_outputs([body = std::move(body)](const Var& in) { return std::vector{body(in)}; }, x).front();
}

std::vector<Var> recompute_outputs(std::function<std::vector<Var>(const Var&)> body, const Var& x) {
  if (!current_tape) return body(x);
  std::vector<Tensor> values;
  {
    const Tape::Pause pause;
    for (const Var& output : body(x)) values.push_back(output.value());
  }
  // Whether anything inside wants a gradient is known only to the body, so this step is always recorded.
  const Var inputs[] = {x, Var::parameter(Tensor::empty({0}))};
  return record_outputs(
      values, inputs, [body = std::move(body), x, precision = product_precision()](std::span<const Tensor> gradients) {
        const ProductPrecisionScope scope(precision);
        const Var inner = x.wants_gradient() ? Var::parameter(x.value()) : Var(x.value());
        Tape tape;
        const std::vector<Var> outputs = body(inner);
        tape.backward(outputs, gradients);
        x.accumulate(inner.gradient());
      });
}

}  // namespace sequent
