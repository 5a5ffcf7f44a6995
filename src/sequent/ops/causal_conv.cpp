#include "sequent/ops/causal_conv.h"

#include <array>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/causal_conv.h"

namespace sequent {
namespace {

constexpr const char* kOp = "causal_conv";

struct Inputs {
  Var x, weight, bias, window;
  Segments segments;
  Activation f;
};

void check_inputs(const Inputs& in) {
  const Shape& x = in.x.shape();
  check(x.rank() == 2 && x[0] == in.segments.tokens(), "{}: x must be [{}, channels], got {}", kOp,
        in.segments.tokens(), to_string(x));
  const Shape& weight = in.weight.shape();
  check(weight.rank() == 2 && weight[0] == x[1], "{}: weight must be [{}, taps], got {}", kOp, x[1], to_string(weight));
  const std::int64_t channels = x[1], taps = weight[1];
  check(taps >= 1 && taps <= kernels::kCausalConvMaximumTaps, "{}: taps must be from 1 to {}, got {}", kOp,
        kernels::kCausalConvMaximumTaps, taps);
  if (in.bias.defined()) expect_shape(kOp, "bias", in.bias.value(), {channels});
  if (in.window.defined()) expect_shape(kOp, "window", in.window.value(), {in.segments.count(), taps - 1, channels});
  check(in.f == Activation::identity || in.f == Activation::silu, "{}: f must be identity or silu, got activation {}",
        kOp, static_cast<int>(in.f));
}

kernels::CausalConvArguments<float> arguments(const Inputs& in) {
  const auto floats_or_null = [](const Var& var) { return var.defined() ? var.value().floats() : nullptr; };
  return {.x = in.x.value().floats(),
          .weight = in.weight.value().floats(),
          .bias = floats_or_null(in.bias),
          .window = floats_or_null(in.window),
          .offsets = in.segments.offsets().data(),
          .sequences = in.segments.count(),
          .channels = in.x.columns(),
          .taps = in.weight.columns(),
          .f = in.f};
}

// Where the gradient of a weight is summed, or null when it wants none.
float* sum_or_null(const Var& weight) {
  return weight.wants_gradient() ? weight.gradient_buffer().mutable_floats() : nullptr;
}

// From the gradients of y and of the final window (either may be undefined) to those of every input.
void backward(const Inputs& in, std::span<const Tensor> gradients) {
  const Tensor dy = gradients[0].defined() ? gradients[0] : Tensor::zeros(in.x.shape());
  const Tensor dx = Tensor::empty(in.x.shape());
  const Tensor dwindow = in.window.wants_gradient() ? Tensor::empty(in.window.shape()) : Tensor();
  const Tensor partials = Tensor::empty({kernels::kCausalConvPieces, in.weight.columns() + 1, in.x.columns()});
  kernels::causal_conv(kernels::Cpu{}, kernels::CausalConvBackward<float>{
                                           .inputs = arguments(in),
                                           .dy = dy.floats(),
                                           .dfinal_window = gradients[1].defined() ? gradients[1].floats() : nullptr,
                                           .dx = dx.mutable_floats(),
                                           .dwindow = dwindow.defined() ? dwindow.mutable_floats() : nullptr,
                                           .dweight = sum_or_null(in.weight),
                                           .dbias = sum_or_null(in.bias),
                                           .partials = partials.mutable_floats()});
  in.x.accumulate(dx);
  in.window.accumulate(dwindow);
}

}  // namespace

CausalConvResult causal_conv(const Var& x, const Var& weight, const Var& bias, const Segments& segments,
                             const Var& window, Activation f) {
  const Inputs in{x, weight, bias, window, segments, f};
  check_inputs(in);
  const Tensor y = Tensor::empty(x.shape());
  const Tensor final_window = Tensor::empty({segments.count(), weight.columns() - 1, x.columns()});
  kernels::causal_conv(
      kernels::Cpu{},
      kernels::CausalConvForward<float>{
          .inputs = arguments(in), .y = y.mutable_floats(), .final_window = final_window.mutable_floats()});
  const std::array<Tensor, 2> results = {y, final_window};
  const std::array<Var, 4> vars = {x, weight, bias, window};
  const std::vector<Var> outputs =
      record_outputs(results, vars, [in](std::span<const Tensor> gradients) { backward(in, gradients); });
  return {.y = outputs[0], .window = outputs[1]};
}

}  // namespace sequent
