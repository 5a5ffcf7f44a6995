#include "sequent/ops/causal_conv.h"

#include <gtest/gtest.h>

#include <functional>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/reference/causal_conv.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using test::expect_close;
using test::to_doubles;

Var random_parameter(const Shape& shape, const char* name) {
  return Var::parameter(test::to_tensor(test::random_values(shape.elements(), name), shape));
}

std::vector<float> floats_of(const Tensor& tensor) {
  return {tensor.floats(), tensor.floats() + tensor.elements()};
}

struct Inputs {
  Var x, weight, bias, window;

  Inputs(const Segments& segments, std::int64_t channels, std::int64_t taps)
      : x(random_parameter({segments.tokens(), channels}, "x")),
        weight(random_parameter({channels, taps}, "weight")),
        bias(random_parameter({channels}, "bias")),
        window(random_parameter({segments.count(), taps - 1, channels}, "window")) {}
  std::vector<Var> all() const { return {x, weight, bias, window}; }
};

TEST(CausalConvOp, GivesTheReferenceGradientsThroughBothResults) {
  const Segments segments({0, 1, 3, 20});
  const std::int64_t tokens = 20, channels = 7, taps = 4;
  const Inputs in(segments, channels, taps);
  const Tensor dy = test::to_tensor(test::random_values(tokens * channels, "dy"), {tokens, channels});
  const Tensor dwindow = test::to_tensor(test::random_values(3 * 3 * channels, "dwindow"), {3, 3, channels});
  Tape tape;
  const CausalConvResult result = causal_conv(in.x, in.weight, in.bias, segments, in.window, Activation::silu);
  result.window.accumulate(dwindow);
  tape.backward(result.y, dy);

  std::vector<std::vector<double>> values, gradients;
  for (const Var& var : in.all()) {
    values.push_back(to_doubles(var.value()));
    gradients.emplace_back(values.back().size());
  }
  const kernels::CausalConvArguments<double> inputs{.x = values[0].data(),
                                                    .weight = values[1].data(),
                                                    .bias = values[2].data(),
                                                    .window = values[3].data(),
                                                    .offsets = segments.offsets().data(),
                                                    .sequences = 3,
                                                    .channels = channels,
                                                    .taps = taps,
                                                    .f = Activation::silu};
  std::vector<double> y(values[0].size()), final_window(values[3].size());
  const std::vector<double> dy_values = to_doubles(dy), dwindow_values = to_doubles(dwindow);
  kernels::reference::causal_conv(
      kernels::CausalConvForward<double>{.inputs = inputs, .y = y.data(), .final_window = final_window.data()});
  kernels::reference::causal_conv(kernels::CausalConvBackward<double>{.inputs = inputs,
                                                                      .dy = dy_values.data(),
                                                                      .dfinal_window = dwindow_values.data(),
                                                                      .dx = gradients[0].data(),
                                                                      .dwindow = gradients[3].data(),
                                                                      .dweight = gradients[1].data(),
                                                                      .dbias = gradients[2].data(),
                                                                      .partials = nullptr});
  expect_close(to_doubles(result.y.value()), y, 1e-6, "y");
  expect_close(to_doubles(result.window.value()), final_window, 0, "window");
  for (std::size_t i = 0; i < values.size(); ++i) {
    SCOPED_TRACE(i);
    expect_close(to_doubles(in.all()[i].gradient()), gradients[i], 3e-6, "gradient");
  }
}

// Cuts shorter and longer than the window; gradients flow through it as if there were no cut.
TEST(CausalConvOp, ContinuationIsTheWholeSequenceGradientsToo) {
  const Segments segments = Segments::single(12);
  const Tensor dy = test::to_tensor(test::random_values(60, "dy"), {12, 5});
  const Inputs whole(segments, 5, 4), parts(segments, 5, 4);
  Tape tape;
  const CausalConvResult result =
      causal_conv(whole.x, whole.weight, whole.bias, segments, whole.window, Activation::silu);
  tape.backward(result.y, dy);
  Var window = parts.window;
  std::vector<float> y;
  CausalConvResult part;
  const std::vector<std::int64_t> cuts = {0, 1, 3, 8, 12};
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    part = causal_conv(parts.x.leaf_rows(cuts[i], cuts[i + 1]), parts.weight, parts.bias,
                       Segments::single(cuts[i + 1] - cuts[i]), window, Activation::silu);
    part.y.accumulate(dy.slice(cuts[i], cuts[i + 1]));
    window = part.window;
    const std::vector<float> of_part = floats_of(part.y.value());
    y.insert(y.end(), of_part.begin(), of_part.end());
  }
  // The last part has its gradient already; nothing more comes from its window.
  tape.backward(part.window, Tensor::zeros({1, 3, 5}));
  EXPECT_EQ(y, floats_of(result.y.value()));
  EXPECT_EQ(floats_of(window.value()), floats_of(result.window.value()));
  for (std::size_t i = 0; i < 4; ++i) {
    SCOPED_TRACE(i);
    expect_close(to_doubles(parts.all()[i].gradient()), to_doubles(whole.all()[i].gradient()), 1e-6, "gradient");
  }
}

TEST(CausalConvOp, SequencesPackedAreTheSameAsAlone) {
  const Segments segments({0, 2, 9});
  const Inputs in(segments, 20, 4);
  const CausalConvResult packed = causal_conv(in.x, in.weight, in.bias, segments, Var(), Activation::silu);
  for (std::int64_t i = 0; i < 2; ++i) {
    const CausalConvResult alone = causal_conv(in.x.value().slice(segments.begin(i), segments.end(i)), in.weight,
                                               in.bias, Segments::single(segments.length(i)), Var(), Activation::silu);
    EXPECT_EQ(floats_of(packed.y.value().slice(segments.begin(i), segments.end(i))), floats_of(alone.y.value()));
    EXPECT_EQ(floats_of(packed.window.value().slice(i, i + 1)), floats_of(alone.window.value()));
  }
}

TEST(CausalConvOp, ThreadsDoNotChangeAnything) {
  const int threads = thread_count();
  const Segments segments({0, 130, 150, 300});
  const Tensor dy = test::to_tensor(test::random_values(300 * 300, "dy"), {300, 300});
  std::vector<std::vector<float>> seen[2];
  for (const int count : {1, 2}) {
    set_thread_count(count);
    const Inputs in(segments, 300, 4);
    Tape tape;
    const CausalConvResult result = causal_conv(in.x, in.weight, in.bias, segments, in.window, Activation::silu);
    seen[count - 1] = {floats_of(result.y.value()), floats_of(result.window.value())};
    tape.backward(result.y, dy);
    for (const Var& var : in.all()) seen[count - 1].push_back(floats_of(var.gradient()));
  }
  set_thread_count(threads);
  EXPECT_EQ(seen[0], seen[1]);
}

TEST(CausalConvOp, BiasAndWindowMayBeMissing) {
  const Segments segments({0, 1, 6});
  const Inputs in(segments, 3, 1);
  Tape tape;
  const CausalConvResult result = causal_conv(in.x, in.weight, Var(), segments, Var(), Activation::identity);
  tape.backward(result.y, Tensor::full({6, 3}, 1.0f));
  EXPECT_EQ(result.window.shape(), (Shape{2, 0, 3}));
  EXPECT_EQ(result.y.value().floats()[4], in.x.value().floats()[4] * in.weight.value().floats()[1]);
  EXPECT_EQ(in.x.gradient().floats()[4], in.weight.value().floats()[1]);
}

TEST(CausalConvOp, NoTokensAreFine) {
  const Inputs in(Segments(), 3, 4);
  Tape tape;
  const CausalConvResult result = causal_conv(in.x, in.weight, in.bias, Segments(), Var(), Activation::silu);
  tape.backward(result.y, Tensor::zeros({0, 3}));
  EXPECT_EQ(result.y.shape(), (Shape{0, 3}));
  EXPECT_EQ(floats_of(in.weight.gradient()), std::vector<float>(12));
}

TEST(CausalConvOp, RefusesEachWrongArgumentByName) {
  const Segments segments({0, 2, 5});
  const auto expect_error = [&](const std::function<void(Inputs&)>& spoil, Activation f, const char* message) {
    Inputs in(segments, 6, 4);
    spoil(in);
    try {
      causal_conv(in.x, in.weight, in.bias, segments, in.window, f);
      ADD_FAILURE() << "accepted: " << message;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), message);
    }
  };
  const auto zeros = [](std::initializer_list<std::int64_t> sizes) { return Var(Tensor::zeros(Shape(sizes))); };
  const Activation silu = Activation::silu;
  expect_error([&](Inputs& in) { in.x = zeros({4, 6}); }, silu, "causal_conv: x must be [5, channels], got [4, 6]");
  expect_error(
      [&](Inputs& in) {
        in.weight = zeros({5, 4});
      },
      silu, "causal_conv: weight must be [6, taps], got [5, 4]");
  expect_error([&](Inputs& in) { in.weight = zeros({6, 17}); }, silu, "causal_conv: taps must be from 1 to 16, got 17");
  expect_error([&](Inputs& in) { in.weight = zeros({6, 0}); }, silu, "causal_conv: taps must be from 1 to 16, got 0");
  expect_error([&](Inputs& in) { in.bias = zeros({5}); }, silu, "causal_conv: bias must be [6], got [5]");
  expect_error(
      [&](Inputs& in) {
        in.window = zeros({1, 3, 6});
      },
      silu, "causal_conv: window must be [2, 3, 6], got [1, 3, 6]");
  expect_error([](Inputs&) {}, Activation::relu, "causal_conv: f must be identity or silu, got activation 4");
}

}  // namespace
}  // namespace sequent
