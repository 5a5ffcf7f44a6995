#include "sequent/ops/selective_scan.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/reference/selective_scan.h"
#include "sequent/kernels/selective_scan.h"
#include "sequent/tensor/memory.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using test::expect_close;
using test::to_doubles;

Var random_parameter(const Shape& shape, const char* name, double deviation = 1.0) {
  return Var::parameter(test::to_tensor(test::random_values(shape.elements(), name, deviation), shape));
}

SelectiveScanInputs random_inputs(const Segments& segments, std::int64_t channels, std::int64_t states) {
  const std::int64_t tokens = segments.tokens();
  return {.x = random_parameter({tokens, channels}, "x"),
          .delta = random_parameter({tokens, channels}, "delta", 2.0),
          .delta_bias = random_parameter({channels}, "delta_bias"),
          .a_log = random_parameter({channels, states}, "a_log"),
          .b = random_parameter({tokens, states}, "b"),
          .c = random_parameter({tokens, states}, "c"),
          .d = random_parameter({channels}, "d"),
          .gate = random_parameter({tokens, channels}, "gate"),
          .state = random_parameter({segments.count(), channels, states}, "state")};
}

std::vector<Var*> all_of(SelectiveScanInputs& in) {
  return {&in.x, &in.delta, &in.delta_bias, &in.a_log, &in.b, &in.c, &in.d, &in.gate, &in.state};
}

// The scan of tokens [begin, end) of one sequence, from a given state.
SelectiveScanResult scan_part(const SelectiveScanInputs& whole, std::int64_t begin, std::int64_t end,
                              const Var& state) {
  SelectiveScanInputs part = whole;
  for (Var* of_tokens : {&part.x, &part.delta, &part.b, &part.c, &part.gate}) {
    *of_tokens = of_tokens->leaf_rows(begin, end);
  }
  part.state = state;
  return selective_scan(part, Segments::single(end - begin));
}

std::vector<float> floats_of(const Tensor& tensor) {
  return {tensor.floats(), tensor.floats() + tensor.elements()};
}

std::vector<float> floats_of(const Tensor& tensor, std::int64_t begin, std::int64_t end) {
  return floats_of(tensor.slice(begin, end));
}

TEST(SelectiveScanOp, GivesTheReferenceGradientsThroughBothResults) {
  const Segments segments({0, 5, 6, 80});
  const std::int64_t tokens = 80, channels = 7, states = 4, sequences = 3;
  SelectiveScanInputs in = random_inputs(segments, channels, states);
  const Tensor dy = test::to_tensor(test::random_values(tokens * channels, "dy"), {tokens, channels});
  const Shape state_shape{sequences, channels, states};
  const Tensor dstate = test::to_tensor(test::random_values(state_shape.elements(), "dstate"), state_shape);
  Tape tape;
  const SelectiveScanResult result = selective_scan(in, segments);
  result.state.accumulate(dstate);
  tape.backward(result.y, dy);

  std::vector<std::vector<double>> values, gradients;
  for (const Var* var : all_of(in)) {
    values.push_back(to_doubles(var->value()));
    gradients.emplace_back(values.back().size());
  }
  const kernels::SelectiveScanArguments<double> inputs{.x = values[0].data(),
                                                       .delta = values[1].data(),
                                                       .delta_bias = values[2].data(),
                                                       .a_log = values[3].data(),
                                                       .b = values[4].data(),
                                                       .c = values[5].data(),
                                                       .d = values[6].data(),
                                                       .gate = values[7].data(),
                                                       .state = values[8].data(),
                                                       .offsets = segments.offsets().data(),
                                                       .sequences = sequences,
                                                       .channels = channels,
                                                       .states = states,
                                                       .workers = 1};
  std::vector<double> y(values[0].size()), final_state(values[8].size());
  const std::vector<double> dy_values = to_doubles(dy), dstate_values = to_doubles(dstate);
  kernels::reference::selective_scan(kernels::SelectiveScanForward<double>{
      .inputs = inputs, .y = y.data(), .final_state = final_state.data(), .checkpoints = nullptr, .scratch = nullptr});
  kernels::reference::selective_scan(kernels::SelectiveScanBackward<double>{.inputs = inputs,
                                                                            .checkpoints = nullptr,
                                                                            .dy = dy_values.data(),
                                                                            .dfinal_state = dstate_values.data(),
                                                                            .dx = gradients[0].data(),
                                                                            .ddelta = gradients[1].data(),
                                                                            .db = gradients[4].data(),
                                                                            .dc = gradients[5].data(),
                                                                            .dgate = gradients[7].data(),
                                                                            .dstate = gradients[8].data(),
                                                                            .ddelta_bias = gradients[2].data(),
                                                                            .da_log = gradients[3].data(),
                                                                            .dd = gradients[6].data(),
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
TEST(SelectiveScanOp, ContinuationIsTheWholeSequenceGradientsToo) {
  constexpr std::int64_t length = 90, cut = 70, channels = 5, states = 16;
  const Segments segments = Segments::single(length);
  const Tensor dy = test::to_tensor(test::random_values(length * channels, "dy"), {length, channels});
  SelectiveScanInputs whole = random_inputs(segments, channels, states);
  SelectiveScanInputs parts = random_inputs(segments, channels, states);
  Tape tape;
  const SelectiveScanResult result = selective_scan(whole, segments);
  tape.backward(result.y, dy);
  const SelectiveScanResult first = scan_part(parts, 0, cut, parts.state);
  const SelectiveScanResult second = scan_part(parts, cut, length, first.state);
  first.y.accumulate(dy.slice(0, cut));
  tape.backward(second.y, dy.slice(cut, length));
  EXPECT_EQ(floats_of(first.y.value()), floats_of(result.y.value(), 0, cut));
  EXPECT_EQ(floats_of(second.y.value()), floats_of(result.y.value(), cut, length));
  EXPECT_EQ(floats_of(second.state.value()), floats_of(result.state.value()));
  for (std::size_t i = 0; i < all_of(whole).size(); ++i) {
    SCOPED_TRACE(i);
    expect_close(to_doubles(all_of(parts)[i]->gradient()), to_doubles(all_of(whole)[i]->gradient()), 1e-6, "gradient");
  }
}

TEST(SelectiveScanOp, SequencesPackedAreTheSameAsAlone) {
  const Segments segments({0, 67, 140});
  SelectiveScanInputs in = random_inputs(segments, 20, 16);
  in.state = Var();
  const SelectiveScanResult packed = selective_scan(in, segments);
  for (std::int64_t i = 0; i < 2; ++i) {
    const SelectiveScanResult alone = scan_part(in, segments.begin(i), segments.end(i), Var());
    EXPECT_EQ(floats_of(packed.y.value(), segments.begin(i), segments.end(i)), floats_of(alone.y.value()));
    EXPECT_EQ(floats_of(packed.state.value(), i, i + 1), floats_of(alone.state.value()));
  }
}

TEST(SelectiveScanOp, ThreadsDoNotChangeAnything) {
  const int threads = thread_count();
  const Segments segments({0, 130, 150, 300});
  const Tensor dy = test::to_tensor(test::random_values(300 * 150, "dy"), {300, 150});
  std::vector<std::vector<float>> seen[2];
  for (const int count : {1, 2}) {
    set_thread_count(count);
    SelectiveScanInputs in = random_inputs(segments, 150, 16);
    Tape tape;
    const SelectiveScanResult result = selective_scan(in, segments);
    seen[count - 1] = {floats_of(result.y.value()), floats_of(result.state.value())};
    tape.backward(result.y, dy);
    for (const Var* var : all_of(in)) seen[count - 1].push_back(floats_of(var->gradient()));
  }
  set_thread_count(threads);
  EXPECT_EQ(seen[0], seen[1]);
}

TEST(SelectiveScanOp, GateStateAndEitherResultMayBeMissing) {
  const Segments segments({0, 3, 9});
  SelectiveScanInputs in = random_inputs(segments, 3, 2);
  in.gate = Var();
  in.state = Var();
  const Shape shape{2, 3, 2};
  Tape tape;
  const SelectiveScanResult result = selective_scan(in, segments);
  tape.backward(result.state, test::to_tensor(test::random_values(12, "dstate"), shape));
  EXPECT_GT(std::abs(in.b.gradient().floats()[0]), 0.0f);
  // c, d and the gate act on y alone.
  for (const float value : floats_of(in.c.gradient())) EXPECT_EQ(value, 0.0f);
  for (const float value : floats_of(in.d.gradient())) EXPECT_EQ(value, 0.0f);
}

TEST(SelectiveScanOp, ConstantsGetNoGradient) {
  const Segments segments = Segments::single(4);
  SelectiveScanInputs in = random_inputs(segments, 3, 2);
  for (Var* var : all_of(in)) *var = Var(var->value());
  in.x = Var::parameter(in.x.value());
  Tape tape;
  tape.backward(selective_scan(in, segments).y, Tensor::full({4, 3}, 1.0f));
  EXPECT_TRUE(in.x.gradient().defined());
  EXPECT_FALSE(in.a_log.gradient().defined());
  EXPECT_FALSE(in.state.gradient().defined());
}

TEST(SelectiveScanOp, NoTokensAreFine) {
  SelectiveScanInputs in = random_inputs(Segments(), 3, 2);
  Tape tape;
  const SelectiveScanResult result = selective_scan(in, Segments());
  tape.backward(result.y, Tensor::zeros({0, 3}));
  EXPECT_EQ(result.y.shape(), (Shape{0, 3}));
  EXPECT_EQ(result.state.shape(), (Shape{0, 3, 2}));
  EXPECT_EQ(floats_of(in.a_log.gradient()), std::vector<float>(6));
}

TEST(SelectiveScanOp, TrainingKeepsOnlyTheCheckpoints) {
  constexpr std::int64_t length = 1024, channels = 64, states = 16;
  const Segments segments = Segments::single(length);
  SelectiveScanInputs in = random_inputs(segments, channels, states);
  const std::int64_t before = memory::live_bytes();
  const SelectiveScanResult inference = selective_scan(in, segments);
  const std::int64_t results = memory::live_bytes() - before;
  Tape tape;
  const SelectiveScanResult training = selective_scan(in, segments);
  const std::int64_t kept = memory::live_bytes() - before - 2 * results;
  const std::int64_t checkpoints = 4 * kernels::selective_scan_checkpoints(length, channels, states);
  EXPECT_GE(kept, checkpoints);
  EXPECT_LE(kept, checkpoints + checkpoints / 4);
  // That is at most a quarter of one activation at 16 states.
  EXPECT_LE(checkpoints, 4 * length * channels / 4);
}

TEST(SelectiveScanOp, RefusesEachWrongShapeByName) {
  const Segments segments({0, 2, 5});
  const auto expect_error = [&](const std::function<void(SelectiveScanInputs&)>& spoil, const char* message) {
    SelectiveScanInputs in = random_inputs(segments, 6, 4);
    spoil(in);
    try {
      selective_scan(in, segments);
      ADD_FAILURE() << "accepted: " << message;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), message);
    }
  };
  using In = SelectiveScanInputs;
  const auto zeros = [](std::initializer_list<std::int64_t> sizes) { return Var(Tensor::zeros(Shape(sizes))); };
  expect_error([&](In& in) { in.x = zeros({4, 6}); }, "selective_scan: x must be [5, channels], got [4, 6]");
  expect_error([&](In& in) { in.x = zeros({30}); }, "selective_scan: x must be [5, channels], got [30]");
  expect_error([&](In& in) { in.a_log = zeros({7, 4}); }, "selective_scan: a_log must be [6, states], got [7, 4]");
  expect_error([&](In& in) { in.a_log = zeros({6, 0}); }, "selective_scan: a_log must be [6, states], got [6, 0]");
  expect_error([&](In& in) { in.delta = zeros({5, 7}); }, "selective_scan: delta must be [5, 6], got [5, 7]");
  expect_error([&](In& in) { in.delta_bias = zeros({7}); }, "selective_scan: delta_bias must be [6], got [7]");
  expect_error([&](In& in) { in.b = zeros({5, 3}); }, "selective_scan: b must be [5, 4], got [5, 3]");
  expect_error([&](In& in) { in.c = zeros({6, 4}); }, "selective_scan: c must be [5, 4], got [6, 4]");
  expect_error([&](In& in) { in.d = zeros({4}); }, "selective_scan: d must be [6], got [4]");
  expect_error([&](In& in) { in.gate = zeros({5, 5}); }, "selective_scan: gate must be [5, 6], got [5, 5]");
  expect_error([&](In& in) { in.state = zeros({1, 6, 4}); }, "selective_scan: state must be [2, 6, 4], got [1, 6, 4]");
}

}  // namespace
}  // namespace sequent
