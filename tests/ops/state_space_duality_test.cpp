#include "sequent/ops/state_space_duality.h"

#include <gtest/gtest.h>

#include <functional>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/reference/state_space_duality.h"
#include "sequent/kernels/state_space_duality.h"
#include "sequent/tensor/memory.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using test::expect_close;
using test::to_doubles;

Var random_parameter(const Shape& shape, const char* name, double deviation = 1.0) {
  return Var::parameter(test::to_tensor(test::random_values(shape.elements(), name, deviation), shape));
}

// Parameters of one sign: absolute values of random numbers, times `factor`.
Var signed_parameter(const Shape& shape, const char* name, double factor) {
  std::vector<double> values = test::random_values(shape.elements(), name);
  for (double& value : values) value = factor * std::abs(value);
  return Var::parameter(test::to_tensor(values, shape));
}

constexpr std::int64_t kHeads = 4, kGroups = 2, kWidth = 5, kStates = 3;

StateSpaceDualityInputs random_inputs(const Segments& segments) {
  const std::int64_t tokens = segments.tokens();
  return {.x = random_parameter({tokens, kHeads * kWidth}, "x"),
          .b = random_parameter({tokens, kGroups * kStates}, "b"),
          .c = random_parameter({tokens, kGroups * kStates}, "c"),
          .delta = signed_parameter({tokens, kHeads}, "delta", 0.5),
          .rate = signed_parameter({kHeads}, "rate", -0.3),
          .skip = random_parameter({kHeads}, "skip"),
          .state = random_parameter({segments.count(), kHeads, kStates, kWidth}, "state"),
          .groups = kGroups};
}

std::vector<Var*> all_of(StateSpaceDualityInputs& in) {
  return {&in.x, &in.b, &in.c, &in.delta, &in.rate, &in.skip, &in.state};
}

// Tokens [begin, end) of one sequence, from a given state.
StateSpaceDualityResult part_of(const StateSpaceDualityInputs& whole, std::int64_t begin, std::int64_t end,
                                const Var& state) {
  StateSpaceDualityInputs part = whole;
  for (Var* of_tokens : {&part.x, &part.b, &part.c, &part.delta}) *of_tokens = of_tokens->leaf_rows(begin, end);
  part.state = state;
  return state_space_duality(part, Segments::single(end - begin));
}

std::vector<float> floats_of(const Tensor& tensor) {
  return {tensor.floats(), tensor.floats() + tensor.elements()};
}

TEST(StateSpaceDualityOp, GivesTheReferenceGradientsThroughBothResults) {
  const Segments segments({0, 5, 6, 80});
  const std::int64_t tokens = segments.tokens();
  StateSpaceDualityInputs in = random_inputs(segments);
  const Tensor dy = test::to_tensor(test::random_values(tokens * kHeads * kWidth, "dy"), in.x.shape());
  const Tensor dstate = test::to_tensor(test::random_values(in.state.shape().elements(), "dstate"), in.state.shape());
  Tape tape;
  const StateSpaceDualityResult result = state_space_duality(in, segments);
  result.state.accumulate(dstate);
  tape.backward(result.y, dy);

  std::vector<std::vector<double>> values, gradients;
  for (const Var* var : all_of(in)) {
    values.push_back(to_doubles(var->value()));
    gradients.emplace_back(values.back().size());
  }
  const kernels::StateSpaceDualityArguments<double> inputs{.x = values[0].data(),
                                                           .b = values[1].data(),
                                                           .c = values[2].data(),
                                                           .delta = values[3].data(),
                                                           .rate = values[4].data(),
                                                           .skip = values[5].data(),
                                                           .state = values[6].data(),
                                                           .offsets = segments.offsets().data(),
                                                           .sequences = segments.count(),
                                                           .heads = kHeads,
                                                           .groups = kGroups,
                                                           .width = kWidth,
                                                           .states = kStates,
                                                           .skip_per_channel = false,
                                                           .workers = 1};
  std::vector<double> y(values[0].size()), final_state(values[6].size());
  const std::vector<double> dy_values = to_doubles(dy), dstate_values = to_doubles(dstate);
  kernels::reference::state_space_duality(kernels::StateSpaceDualityForward<double>{
      .inputs = inputs, .y = y.data(), .final_state = final_state.data(), .checkpoints = nullptr, .scratch = nullptr});
  kernels::reference::state_space_duality(
      kernels::StateSpaceDualityBackward<double>{.inputs = inputs,
                                                 .checkpoints = nullptr,
                                                 .dy = dy_values.data(),
                                                 .dfinal_state = dstate_values.data(),
                                                 .dx = gradients[0].data(),
                                                 .db = gradients[1].data(),
                                                 .dc = gradients[2].data(),
                                                 .ddelta = gradients[3].data(),
                                                 .dstate = gradients[6].data(),
                                                 .drate = gradients[4].data(),
                                                 .dskip = gradients[5].data(),
                                                 .partials = nullptr,
                                                 .scratch = nullptr});
  expect_close(to_doubles(result.y.value()), y, 3e-6, "y");
  expect_close(to_doubles(result.state.value()), final_state, 3e-6, "state");
  for (std::size_t i = 0; i < values.size(); ++i) {
    SCOPED_TRACE(i);
    expect_close(to_doubles(all_of(in)[i]->gradient()), gradients[i], 5e-6, "gradient");
  }
}

// Gradients flow through the carried state as if there were no cut.
TEST(StateSpaceDualityOp, ContinuationIsTheWholeSequenceGradientsToo) {
  constexpr std::int64_t length = 150;
  const Segments segments = Segments::single(length);
  const Tensor dy = test::to_tensor(test::random_values(length * kHeads * kWidth, "dy"), {length, kHeads * kWidth});
  for (const std::int64_t cut : {1, 70, 149}) {
    SCOPED_TRACE(cut);
    StateSpaceDualityInputs whole = random_inputs(segments), parts = random_inputs(segments);
    Tape tape;
    const StateSpaceDualityResult result = state_space_duality(whole, segments);
    tape.backward(result.y, dy);
    const StateSpaceDualityResult first = part_of(parts, 0, cut, parts.state);
    const StateSpaceDualityResult second = part_of(parts, cut, length, first.state);
    first.y.accumulate(dy.slice(0, cut));
    tape.backward(second.y, dy.slice(cut, length));
    expect_close(to_doubles(first.y.value()), to_doubles(result.y.value().slice(0, cut)), 2e-6, "first y");
    expect_close(to_doubles(second.y.value()), to_doubles(result.y.value().slice(cut, length)), 2e-6, "second y");
    expect_close(to_doubles(second.state.value()), to_doubles(result.state.value()), 2e-6, "state");
    for (std::size_t i = 0; i < all_of(whole).size(); ++i) {
      SCOPED_TRACE(i);
      expect_close(to_doubles(all_of(parts)[i]->gradient()), to_doubles(all_of(whole)[i]->gradient()), 3e-6,
                   "gradient");
    }
  }
}

TEST(StateSpaceDualityOp, SequencesPackedAreTheSameAsAlone) {
  const Segments segments({0, 67, 140});
  StateSpaceDualityInputs in = random_inputs(segments);
  in.state = Var();
  const StateSpaceDualityResult packed = state_space_duality(in, segments);
  for (std::int64_t i = 0; i < 2; ++i) {
    const StateSpaceDualityResult alone = part_of(in, segments.begin(i), segments.end(i), Var());
    EXPECT_EQ(floats_of(packed.y.value().slice(segments.begin(i), segments.end(i))), floats_of(alone.y.value()));
    EXPECT_EQ(floats_of(packed.state.value().slice(i, i + 1)), floats_of(alone.state.value()));
  }
}

TEST(StateSpaceDualityOp, ThreadsDoNotChangeAnything) {
  const int threads = thread_count();
  const Segments segments({0, 130, 150, 300});
  const Tensor dy = test::to_tensor(test::random_values(300 * kHeads * kWidth, "dy"), {300, kHeads * kWidth});
  std::vector<std::vector<float>> seen[2];
  for (const int count : {1, 2}) {
    set_thread_count(count);
    StateSpaceDualityInputs in = random_inputs(segments);
    Tape tape;
    const StateSpaceDualityResult result = state_space_duality(in, segments);
    seen[count - 1] = {floats_of(result.y.value()), floats_of(result.state.value())};
    tape.backward(result.y, dy);
    for (const Var* var : all_of(in)) seen[count - 1].push_back(floats_of(var->gradient()));
  }
  set_thread_count(threads);
  EXPECT_EQ(seen[0], seen[1]);
}

TEST(StateSpaceDualityOp, StepSkipStateAndEitherResultMayBeMissing) {
  const Segments segments({0, 3, 9});
  StateSpaceDualityInputs in = random_inputs(segments);
  in.delta = in.skip = in.state = Var();
  Tape tape;
  const StateSpaceDualityResult result = state_space_duality(in, segments);
  const Shape& shape = result.state.shape();
  tape.backward(result.state, test::to_tensor(test::random_values(shape.elements(), "dstate"), shape));
  EXPECT_GT(std::abs(in.b.gradient().floats()[0]), 0.0f);
  EXPECT_GT(std::abs(in.rate.gradient().floats()[0]), 0.0f);
  // c acts on y alone.
  for (const float value : floats_of(in.c.gradient())) EXPECT_EQ(value, 0.0f);
}

TEST(StateSpaceDualityOp, ConstantsGetNoGradient) {
  const Segments segments = Segments::single(4);
  StateSpaceDualityInputs in = random_inputs(segments);
  for (Var* var : all_of(in)) *var = Var(var->value());
  in.x = Var::parameter(in.x.value());
  Tape tape;
  tape.backward(state_space_duality(in, segments).y, Tensor::full(in.x.shape(), 1.0f));
  EXPECT_TRUE(in.x.gradient().defined());
  EXPECT_FALSE(in.rate.gradient().defined());
  EXPECT_FALSE(in.state.gradient().defined());
}

TEST(StateSpaceDualityOp, NoTokensAreFine) {
  StateSpaceDualityInputs in = random_inputs(Segments());
  Tape tape;
  const StateSpaceDualityResult result = state_space_duality(in, Segments());
  tape.backward(result.y, Tensor::zeros(in.x.shape()));
  EXPECT_EQ(result.state.shape(), (Shape{0, kHeads, kStates, kWidth}));
  EXPECT_EQ(floats_of(in.rate.gradient()), std::vector<float>(kHeads));
}

TEST(StateSpaceDualityOp, TrainingKeepsOneStatePerChunk) {
  const Segments segments = Segments::single(1024);
  StateSpaceDualityInputs in = random_inputs(segments);
  const std::int64_t before = memory::live_bytes();
  const StateSpaceDualityResult inference = state_space_duality(in, segments);
  const std::int64_t results = memory::live_bytes() - before;
  Tape tape;
  const StateSpaceDualityResult training = state_space_duality(in, segments);
  const std::int64_t kept = memory::live_bytes() - before - 2 * results;
  EXPECT_LE(kept, 1024 / kernels::kStateSpaceDualityChunk * kHeads * kStates * kWidth * 4);
}

TEST(StateSpaceDualityOp, RefusesEachWrongShapeByName) {
  const Segments segments({0, 2, 5});
  using In = StateSpaceDualityInputs;
  const auto expect_error = [&](const std::function<void(In&)>& spoil, const char* message) {
    In in = random_inputs(segments);
    spoil(in);
    try {
      state_space_duality(in, segments);
      ADD_FAILURE() << "accepted: " << message;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), message);
    }
  };
  const auto zeros = [](std::initializer_list<std::int64_t> sizes) { return Var(Tensor::zeros(Shape(sizes))); };
  expect_error([&](In& in) { in.rate = zeros({2, 2}); }, "state_space_duality: rate must be [heads], got [2, 2]");
  expect_error([&](In& in) { in.groups = 3; }, "state_space_duality: groups must divide heads, got 3 and 4");
  expect_error([&](In& in) { in.groups = 0; }, "state_space_duality: groups must divide heads, got 0 and 4");
  expect_error([&](In& in) { in.x = zeros({4, 20}); }, "state_space_duality: x must be [5, 4 * width], got [4, 20]");
  expect_error([&](In& in) { in.x = zeros({5, 21}); }, "state_space_duality: x must be [5, 4 * width], got [5, 21]");
  expect_error([&](In& in) { in.b = zeros({5, 7}); }, "state_space_duality: b must be [5, 2 * states], got [5, 7]");
  expect_error([&](In& in) { in.b = zeros({5, 0}); }, "state_space_duality: b must be [5, 2 * states], got [5, 0]");
  expect_error([&](In& in) { in.c = zeros({5, 4}); }, "state_space_duality: c must be [5, 6], got [5, 4]");
  expect_error([&](In& in) { in.delta = zeros({5, 5}); }, "state_space_duality: delta must be [5, 4], got [5, 5]");
  expect_error([&](In& in) { in.skip = zeros({5}); }, "state_space_duality: skip must be [4], got [5]");
  expect_error(
      [&](In& in) {
        in.state = zeros({2, 4, 5, 3});
      },
      "state_space_duality: state must be [2, 4, 3, 5], got [2, 4, 5, 3]");
}

TEST(StateSpaceDualityOp, CountsItsWorkInChunks) {
  constexpr std::int64_t T = kernels::kStateSpaceDualityChunk;
  EXPECT_EQ(state_space_duality_flops(3, 6, 2, 5, 7), 4 * 3 * 6 * 5 * 7 + 2 * 6 * (2 * 5 + 6 * 7));
  EXPECT_EQ(state_space_duality_flops(2 * T + 3, 6, 2, 5, 7),
            2 * state_space_duality_flops(T, 6, 2, 5, 7) + state_space_duality_flops(3, 6, 2, 5, 7));
}

}  // namespace
}  // namespace sequent
