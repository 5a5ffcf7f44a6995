#include "sequent/ops/state_space_duality.h"

#include <algorithm>
#include <array>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/state_space_duality.h"
#include "sequent/ops/pointers.h"

namespace sequent {
namespace {

constexpr const char* kOp = "state_space_duality";

struct Sizes {
  std::int64_t tokens, heads, width, states;
  Shape state;  // of all sequences
};

Sizes check_inputs(const StateSpaceDualityInputs& in, const Segments& segments) {
  const Shape &x = in.x.shape(), &b = in.b.shape(), &rate = in.rate.shape();
  const std::int64_t tokens = segments.tokens(), groups = in.groups;
  check(rate.rank() == 1 && rate[0] > 0, "{}: rate must be [heads], got {}", kOp, to_string(rate));
  const std::int64_t heads = rate[0];
  check(groups > 0 && heads % groups == 0, "{}: groups must divide heads, got {} and {}", kOp, groups, heads);
  check(x.rank() == 2 && x[0] == tokens && x[1] > 0 && x[1] % heads == 0, "{}: x must be [{}, {} * width], got {}", kOp,
        tokens, heads, to_string(x));
  check(b.rank() == 2 && b[0] == tokens && b[1] > 0 && b[1] % groups == 0, "{}: b must be [{}, {} * states], got {}",
        kOp, tokens, groups, to_string(b));
  expect_shape(kOp, "c", in.c.value(), b);
  if (in.delta.defined()) expect_shape(kOp, "delta", in.delta.value(), {tokens, heads});
  if (in.skip.defined() && in.skip.shape() != Shape{x[1]}) expect_shape(kOp, "skip", in.skip.value(), {heads});
  const Shape state{segments.count(), heads, b[1] / groups, x[1] / heads};
  if (in.state.defined()) expect_shape(kOp, "state", in.state.value(), state);
  return {tokens, heads, state[3], state[2], state};
}

kernels::StateSpaceDualityArguments<float> arguments(const StateSpaceDualityInputs& in, const Segments& segments,
                                                     const Sizes& sizes) {
  return {.x = in.x.value().floats(),
          .b = in.b.value().floats(),
          .c = in.c.value().floats(),
          .delta = floats_or_null(in.delta),
          .rate = in.rate.value().floats(),
          .skip = floats_or_null(in.skip),
          .state = floats_or_null(in.state),
          .offsets = segments.offsets().data(),
          .sequences = segments.count(),
          .heads = sizes.heads,
          .groups = in.groups,
          .width = sizes.width,
          .states = sizes.states,
          .skip_per_channel = in.skip.defined() && in.skip.shape() != Shape{sizes.heads},
          .workers = thread_count()};
}

// From the gradients of y and of the final state (either may be undefined) to those of every input.
void backward(const StateSpaceDualityInputs& in, const Segments& segments, const Sizes& sizes,
              const Tensor& checkpoints, std::span<const Tensor> gradients) {
  auto inputs = arguments(in, segments, sizes);
  inputs.workers = std::min(inputs.workers, kernels::state_space_duality_backward_tasks(inputs));
  const Tensor dy = gradients[0].defined() ? gradients[0] : Tensor::zeros(in.x.shape());
  const Tensor dx = Tensor::empty(in.x.shape()), db = Tensor::empty(in.b.shape()), dc = Tensor::empty(in.c.shape());
  const Tensor ddelta = in.delta.wants_gradient() ? Tensor::empty(in.delta.shape()) : Tensor();
  const Tensor dstate = in.state.wants_gradient() ? Tensor::empty(in.state.shape()) : Tensor();
  const Tensor partials = Tensor::empty({kernels::state_space_duality_partials(inputs)});
  const Tensor scratch = Tensor::empty({inputs.workers, kernels::state_space_duality_backward_scratch(inputs)});
  kernels::state_space_duality(kernels::Cpu{},
                               kernels::StateSpaceDualityBackward<float>{.inputs = inputs,
                                                                         .checkpoints = checkpoints.floats(),
                                                                         .dy = dy.floats(),
                                                                         .dfinal_state = floats_or_null(gradients[1]),
                                                                         .dx = dx.mutable_floats(),
                                                                         .db = db.mutable_floats(),
                                                                         .dc = dc.mutable_floats(),
                                                                         .ddelta = mutable_or_null(ddelta),
                                                                         .dstate = mutable_or_null(dstate),
                                                                         .drate = sum_or_null(in.rate),
                                                                         .dskip = sum_or_null(in.skip),
                                                                         .partials = partials.mutable_floats(),
                                                                         .scratch = scratch.mutable_floats()});
  in.x.accumulate(dx);
  in.b.accumulate(db);
  in.c.accumulate(dc);
  in.delta.accumulate(ddelta);
  in.state.accumulate(dstate);
}

}  // namespace

StateSpaceDualityResult state_space_duality(const StateSpaceDualityInputs& in, const Segments& segments) {
  const Sizes sizes = check_inputs(in, segments);
  const std::array<Var, 7> vars = {in.x, in.b, in.c, in.delta, in.rate, in.skip, in.state};
  const auto inputs = arguments(in, segments, sizes);
  const Tensor y = Tensor::empty(in.x.shape()), state = Tensor::empty(sizes.state);
  const Tensor checkpoints =
      recording(vars) ? Tensor::empty({kernels::state_space_duality_checkpoints(inputs)}) : Tensor();
  const Tensor scratch = Tensor::empty({inputs.workers, kernels::state_space_duality_forward_scratch(inputs)});
  kernels::state_space_duality(kernels::Cpu{},
                               kernels::StateSpaceDualityForward<float>{.inputs = inputs,
                                                                        .y = y.mutable_floats(),
                                                                        .final_state = state.mutable_floats(),
                                                                        .checkpoints = mutable_or_null(checkpoints),
                                                                        .scratch = scratch.mutable_floats()});
  const std::array<Tensor, 2> results = {y, state};
  const std::vector<Var> outputs =
      record_outputs(results, vars, [in, segments, sizes, checkpoints](std::span<const Tensor> gradients) {
        backward(in, segments, sizes, checkpoints, gradients);
      });
  return {.y = outputs[0], .state = outputs[1]};
}

std::int64_t state_space_duality_flops(std::int64_t tokens, std::int64_t heads, std::int64_t groups,
                                       std::int64_t states, std::int64_t width) {
  constexpr std::int64_t kChunk = kernels::kStateSpaceDualityChunk;
  const std::int64_t rest = tokens % kChunk;
  const std::int64_t pairs = tokens / kChunk * (kChunk * (kChunk + 1) / 2) + rest * (rest + 1) / 2;
  return 4 * tokens * heads * states * width + 2 * pairs * (groups * states + heads * width);
}

}  // namespace sequent
