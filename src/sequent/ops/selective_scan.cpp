#include "sequent/ops/selective_scan.h"

#include <algorithm>
#include <array>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/selective_scan.h"
#include "sequent/ops/pointers.h"

namespace sequent {
namespace {

constexpr const char* kOp = "selective_scan";

void check_inputs(const SelectiveScanInputs& in, const Segments& segments) {
  const Shape& x = in.x.shape();
  check(x.rank() == 2 && x[0] == segments.tokens(), "{}: x must be [{}, channels], got {}", kOp, segments.tokens(),
        to_string(x));
  const Shape& a_log = in.a_log.shape();
  check(a_log.rank() == 2 && a_log[0] == x[1] && a_log[1] > 0, "{}: a_log must be [{}, states], got {}", kOp, x[1],
        to_string(a_log));
  const std::int64_t tokens = x[0], channels = x[1], states = a_log[1];
  expect_shape(kOp, "delta", in.delta.value(), {tokens, channels});
  expect_shape(kOp, "delta_bias", in.delta_bias.value(), {channels});
  expect_shape(kOp, "b", in.b.value(), {tokens, states});
  expect_shape(kOp, "c", in.c.value(), {tokens, states});
  expect_shape(kOp, "d", in.d.value(), {channels});
  if (in.gate.defined()) expect_shape(kOp, "gate", in.gate.value(), {tokens, channels});
  if (in.state.defined()) expect_shape(kOp, "state", in.state.value(), {segments.count(), channels, states});
}

kernels::SelectiveScanArguments<float> arguments(const SelectiveScanInputs& in, const Segments& segments,
                                                 std::int64_t tasks) {
  return {.x = in.x.value().floats(),
          .delta = in.delta.value().floats(),
          .delta_bias = in.delta_bias.value().floats(),
          .a_log = in.a_log.value().floats(),
          .b = in.b.value().floats(),
          .c = in.c.value().floats(),
          .d = in.d.value().floats(),
          .gate = floats_or_null(in.gate),
          .state = floats_or_null(in.state),
          .offsets = segments.offsets().data(),
          .sequences = segments.count(),
          .channels = in.x.columns(),
          .states = in.a_log.columns(),
          .workers = std::min<std::int64_t>(thread_count(), tasks)};
}

// From the gradients of y and of the final state (either may be undefined) to those of every input.
void backward(const SelectiveScanInputs& in, const Segments& segments, const Tensor& checkpoints,
              std::span<const Tensor> gradients) {
  const std::int64_t tokens = segments.tokens(), channels = in.x.columns(), states = in.a_log.columns();
  const auto inputs =
      arguments(in, segments, kernels::selective_scan_backward_tasks(segments.count(), channels, states));
  const Tensor dy = gradients[0].defined() ? gradients[0] : Tensor::zeros(in.x.shape());
  const Tensor dx = Tensor::empty(in.x.shape()), ddelta = Tensor::empty(in.x.shape());
  const Tensor db = Tensor::empty(in.b.shape()), dc = Tensor::empty(in.c.shape());
  const Tensor dgate = in.gate.defined() ? Tensor::empty(in.x.shape()) : Tensor();
  const Tensor dstate = in.state.wants_gradient() ? Tensor::empty(in.state.shape()) : Tensor();
  const Tensor partials = Tensor::empty({kernels::selective_scan_partials(tokens, channels, states, segments.count())});
  const Tensor scratch = Tensor::empty({inputs.workers, kernels::selective_scan_backward_scratch(states)});
  kernels::selective_scan(kernels::Cpu{},
                          kernels::SelectiveScanBackward<float>{.inputs = inputs,
                                                                .checkpoints = checkpoints.floats(),
                                                                .dy = dy.floats(),
                                                                .dfinal_state = floats_or_null(gradients[1]),
                                                                .dx = dx.mutable_floats(),
                                                                .ddelta = ddelta.mutable_floats(),
                                                                .db = db.mutable_floats(),
                                                                .dc = dc.mutable_floats(),
                                                                .dgate = mutable_or_null(dgate),
                                                                .dstate = mutable_or_null(dstate),
                                                                .ddelta_bias = sum_or_null(in.delta_bias),
                                                                .da_log = sum_or_null(in.a_log),
                                                                .dd = sum_or_null(in.d),
                                                                .partials = partials.mutable_floats(),
                                                                .scratch = scratch.mutable_floats()});
  in.x.accumulate(dx);
  in.delta.accumulate(ddelta);
  in.b.accumulate(db);
  in.c.accumulate(dc);
  in.gate.accumulate(dgate);
  in.state.accumulate(dstate);
}

}  // namespace

SelectiveScanResult selective_scan(const SelectiveScanInputs& in, const Segments& segments) {
  check_inputs(in, segments);
  const std::int64_t tokens = segments.tokens(), channels = in.x.columns(), states = in.a_log.columns();
  const std::array<Var, 9> vars = {in.x, in.delta, in.delta_bias, in.a_log, in.b, in.c, in.d, in.gate, in.state};
  const auto inputs =
      arguments(in, segments, kernels::selective_scan_forward_tasks(tokens, channels, segments.count()));
  const Tensor y = Tensor::empty(in.x.shape());
  const Tensor state = Tensor::empty({segments.count(), channels, states});
  const Tensor checkpoints =
      recording(vars) ? Tensor::empty({kernels::selective_scan_checkpoints(tokens, channels, states)}) : Tensor();
  const Tensor scratch = Tensor::empty({inputs.workers, kernels::selective_scan_forward_scratch(states)});
  kernels::selective_scan(kernels::Cpu{},
                          kernels::SelectiveScanForward<float>{.inputs = inputs,
                                                               .y = y.mutable_floats(),
                                                               .final_state = state.mutable_floats(),
                                                               .checkpoints = mutable_or_null(checkpoints),
                                                               .scratch = scratch.mutable_floats()});
  const std::array<Tensor, 2> results = {y, state};
  const std::vector<Var> outputs =
      record_outputs(results, vars, [in, segments, checkpoints](std::span<const Tensor> gradients) {
        backward(in, segments, checkpoints, gradients);
      });
  return {.y = outputs[0], .state = outputs[1]};
}

}  // namespace sequent
