#include "sequent/autograd/tape.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "sequent/base/error.h"
#include "sequent/kernels/elementwise.h"
#include "sequent/tensor/memory.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using test::to_doubles;
using Values = std::vector<double>;

// Three ops with obvious gradients, so that only the tape is under test.
Var sum(const Var& a, const Var& b) {
  const Tensor y = Tensor::empty(a.shape());
  kernels::add(kernels::Cpu{},
               {.a = a.value().floats(), .b = b.value().floats(), .y = y.mutable_floats(), .count = y.elements()});
  return record(y, {a, b}, [a = a.gradient_only(), b = b.gradient_only()](const Tensor& dy) {
    a.accumulate(dy);
    b.accumulate(dy);
  });
}

Tensor times(const Tensor& a, const Tensor& b) {
  const Tensor y = Tensor::empty(a.shape());
  for (std::int64_t i = 0; i < y.elements(); ++i) y.mutable_floats()[i] = a.floats()[i] * b.floats()[i];
  return y;
}

Var product(const Var& a, const Var& b) {
  return record(times(a.value(), b.value()), {a, b}, [a, b](const Tensor& dy) {
    if (a.wants_gradient()) a.accumulate(times(dy, b.value()));
    if (b.wants_gradient()) b.accumulate(times(dy, a.value()));
  });
}

// Adds into the gradient buffer, as ops do for the gradients of weights.
Var times_weight(const Var& x, const Var& weight) {
  return record(times(x.value(), weight.value()), {x, weight}, [x, weight](const Tensor& dy) {
    x.accumulate(times(dy, weight.value()));
    if (!weight.wants_gradient()) return;
    float* sum = weight.gradient_buffer().mutable_floats();
    for (std::int64_t i = 0; i < dy.elements(); ++i) sum[i] += dy.floats()[i] * x.value().floats()[i];
  });
}

Var parameter(const Values& values) {
  return Var::parameter(test::to_tensor(values, {static_cast<std::int64_t>(values.size())}));
}

TEST(Tape, WithoutOneNothingIsRecorded) {
  const Var x = parameter({2});
  EXPECT_EQ(Tape::current(), nullptr);
  EXPECT_FALSE(recording({x}));
  EXPECT_FALSE(product(x, x).wants_gradient());
}

TEST(Tape, RecordsOnlyWhatLeadsToAGradient) {
  const Tape tape;
  const Var constant(Tensor::full({1}, 3));
  EXPECT_FALSE(product(constant, constant).wants_gradient());
  EXPECT_TRUE(product(constant, parameter({2})).wants_gradient());
}

TEST(Tape, BackwardNeedsOneElementOrAGradient) {
  const Var x = parameter({2, 3});
  Tape tape;
  const Var y = product(x, x);
  EXPECT_THROW(tape.backward(y), Error);
  tape.backward(y, Tensor::full({2}, 1));
  EXPECT_EQ(to_doubles(x.gradient()), (Values{4, 6}));
  const Var loss = parameter({5});
  tape.backward(product(loss, loss));
  EXPECT_EQ(to_doubles(loss.gradient()), (Values{10}));
}

TEST(Tape, ResidualHandsTheSameGradientToBothSides) {
  // y = x + x * w, twice over; dy reaches x directly and through the product.
  const Var x = parameter({2, 3}), w = parameter({5, 7}), v = parameter({11, 13});
  Tape tape;
  const Var h = sum(x, product(x, w));
  const Var y = sum(h, product(h, v));
  tape.backward(y, Tensor::full({2}, 1));
  EXPECT_EQ(to_doubles(x.gradient()), (Values{6 * 12, 8 * 14}));
  EXPECT_EQ(to_doubles(w.gradient()), (Values{2 * 12, 3 * 14}));
  EXPECT_EQ(to_doubles(v.gradient()), (Values{2 * 6, 3 * 8}));
}

TEST(Tape, ASharedGradientSurvivesABufferWrittenInPlace) {
  // dy is handed to both x and w; then w's own buffer is added into. x must not see that.
  const Var x = parameter({2}), w = parameter({3}), z = parameter({4});
  Tape tape;
  const Var first = times_weight(z, w);  // walked last
  const Var y = sum(first, sum(x, w));
  tape.backward(y);
  EXPECT_EQ(to_doubles(x.gradient()), (Values{1}));
  EXPECT_EQ(to_doubles(w.gradient()), (Values{1 + 4}));
  EXPECT_EQ(to_doubles(z.gradient()), (Values{3}));
}

TEST(Tape, TheSameInputTwice) {
  const Var x = parameter({3});
  Tape tape;
  tape.backward(sum(x, x));
  EXPECT_EQ(to_doubles(x.gradient()), (Values{2}));
}

TEST(Tape, DiamondAddsBothPaths) {
  const Var x = parameter({3});
  Tape tape;
  const Var a = product(x, x), b = sum(x, x);
  tape.backward(product(a, b));  // 2 x^3
  EXPECT_EQ(to_doubles(x.gradient()), (Values{6 * 9}));
}

TEST(Tape, GradientsOfLeavesAddUpOverBackwards) {
  const Var x = parameter({3});
  for (int i = 0; i < 3; ++i) {
    Tape tape;
    tape.backward(product(x, x));
  }
  EXPECT_EQ(to_doubles(x.gradient()), (Values{18}));
}

TEST(Tape, GradientsOfIntermediateResultsAreNotKept) {
  const Var x = parameter({3});
  Tape tape;
  const Var y = product(x, x);
  tape.backward(product(y, y));
  EXPECT_FALSE(y.gradient().defined());
}

TEST(Tape, UnusedResultsCostNothingAndUnusedOutputsAreUndefined) {
  const Var x = parameter({3});
  Tape tape;
  record(Tensor::zeros({1}), {x}, [](const Tensor&) { FAIL() << "nobody used this"; });
  int calls = 0;
  const Tensor values[] = {Tensor::full({1}, 1), Tensor::full({2}, 2)};
  const Var inputs[] = {x};
  const std::vector<Var> outputs = record_outputs(values, inputs, [&](std::span<const Tensor> gradients) {
    ++calls;
    EXPECT_TRUE(gradients[0].defined());
    EXPECT_FALSE(gradients[1].defined());
    x.accumulate(gradients[0]);
  });
  ASSERT_EQ(outputs.size(), 2u);
  tape.backward(sum(outputs[0], outputs[0]));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(to_doubles(x.gradient()), (Values{2}));
}

TEST(Tape, RowsOfALeafSendTheirGradientToIt) {
  const Var x = parameter({1, 2, 3, 4});
  Tape tape;
  const Var y = product(x.leaf_rows(0, 2), x.leaf_rows(1, 3));
  tape.backward(y, Tensor::full({2}, 1));
  EXPECT_EQ(to_doubles(x.gradient()), (Values{2, 1 + 3, 2, 0}));
}

TEST(Tape, RowsOfARecordedResultSendTheirGradientThroughIt) {
  const Var x = parameter({2, 3});
  Tape tape;
  const Var y = product(x, x);
  tape.backward(product(y.leaf_rows(0, 1), y.leaf_rows(1, 2)));  // x0^2 x1^2
  EXPECT_EQ(to_doubles(x.gradient()), (Values{2 * 2 * 9, 2 * 3 * 4}));
}

TEST(Tape, PausesNestAndBackwardItselfDoesNotRecord) {
  const Var x = parameter({2});
  Tape tape;
  {
    const Tape::Pause outer;
    EXPECT_FALSE(recording({x}));
    {
      const Tape::Pause inner;
      EXPECT_FALSE(recording({x}));
    }
    EXPECT_FALSE(recording({x}));
    {
      Tape inside;  // a tape of its own, inside the pause
      EXPECT_TRUE(recording({x}));
      inside.backward(product(x, x));
    }
    EXPECT_FALSE(recording({x}));
  }
  EXPECT_EQ(Tape::current(), &tape);
  const Var y = record(Tensor::zeros({1}), {x}, [&](const Tensor&) { EXPECT_EQ(Tape::current(), nullptr); });
  tape.backward(y);
  EXPECT_EQ(Tape::current(), &tape);
  EXPECT_EQ(to_doubles(x.gradient()), (Values{4}));
}

TEST(Tape, TheInnermostRecords) {
  const Var x = parameter({2});
  Tape outer;
  const Var y = product(x, x);
  {
    Tape inner;
    inner.backward(product(x, x));
  }
  EXPECT_EQ(Tape::current(), &outer);
  EXPECT_EQ(to_doubles(x.gradient()), (Values{4}));
  outer.backward(y);
  EXPECT_EQ(to_doubles(x.gradient()), (Values{8}));
}

TEST(Tape, AnExceptionInABackwardLeavesRecordingAsItWas) {
  const Var x = parameter({2});
  Tape tape;
  const Var y = record(Tensor::zeros({1}), {x}, [](const Tensor&) { fail("scan: no"); });
  EXPECT_THROW(tape.backward(y), Error);
  EXPECT_EQ(Tape::current(), &tape);
}

TEST(Tape, IsPerThread) {
  const Tape tape;
  std::thread([] { EXPECT_EQ(Tape::current(), nullptr); }).join();
}

TEST(Tape, KeepsWhatClosuresCaptureAndNothingElse) {
  constexpr std::int64_t kSize = 1000, kBytes = 4 * kSize;
  const Var x = Var::parameter(Tensor::full({kSize}, 1));
  const std::int64_t before = memory::live_bytes();
  Tape tape;
  Var y = x;
  for (int i = 0; i < 10; ++i) y = sum(y, x);  // captures no values
  EXPECT_EQ(memory::live_bytes(), before + kBytes);
  for (int i = 0; i < 10; ++i) y = product(y, x);  // captures its input
  EXPECT_EQ(memory::live_bytes(), before + 11 * kBytes);
}

TEST(Tape, FreesMemoryAsBackwardGoes) {
  constexpr std::int64_t kSize = 1000, kBytes = 4 * kSize;
  const Var x = Var::parameter(Tensor::full({kSize}, 1));
  const std::int64_t before = memory::live_bytes();
  std::vector<std::int64_t> live;
  {
    Tape tape;
    Var y = x;
    for (int i = 0; i < 10; ++i) {
      y = product(y, x);
      y = record(y.value(), {y}, [y = y.gradient_only(), &live](const Tensor& dy) {
        live.push_back(memory::live_bytes());
        y.accumulate(dy);
      });
    }
    tape.backward(std::exchange(y, Var()), Tensor::full({kSize}, 1));
    ASSERT_EQ(live.size(), 10u);
    // Each product walked frees the one activation it kept.
    for (std::size_t i = 2; i < live.size(); ++i) EXPECT_EQ(live[i], live[i - 1] - kBytes) << i;
  }
  EXPECT_EQ(memory::live_bytes(), before + kBytes);  // x's gradient
}

TEST(Tape, TakesAHundredThousandStepsWithoutDeepRecursion) {
  const Var x = parameter({1});
  Tape tape;
  Var y = x;
  const Var one(Tensor::full({1}, 1));
  for (int i = 0; i < 100000; ++i) y = product(y, one);
  tape.backward(y);
  EXPECT_EQ(to_doubles(x.gradient()), (Values{1}));
}

TEST(Tape, ALongTapeThatIsNeverWalkedIsFreedWithoutDeepRecursion) {
  const Var x = parameter({1});
  const Tape tape;
  Var y = x;
  for (int i = 0; i < 100000; ++i) y = product(y, x);
}

// sum of both uses, one of them through a parameter that only the body knows.
Var block(const Var& x, const Var& w) {
  const Var h = product(x, w);
  return sum(x, product(h, h));
}

TEST(Recompute, GivesBitwiseTheSameGradients) {
  const auto run = [](bool recomputed) {
    const Var x = parameter(test::random_values(50, "x")), w = parameter(test::random_values(50, "w"));
    Tape tape;
    Var y = product(x, x);
    for (int layer = 0; layer < 3; ++layer) {
      y = recomputed ? recompute([w](const Var& in) { return block(in, w); }, y) : block(y, w);
    }
    tape.backward(y, Tensor::full({50}, 1));
    return std::vector{to_doubles(y.value()), to_doubles(x.gradient()), to_doubles(w.gradient())};
  };
  EXPECT_EQ(run(true), run(false));
}

TEST(Recompute, HoldsTheInsideOnlyWhileItsGradientsAreMade) {
  constexpr std::int64_t kSize = 1000, kBytes = 4 * kSize;
  const Var x = Var::parameter(Tensor::full({kSize}, 1)), w = Var::parameter(Tensor::full({kSize}, 1));
  const std::int64_t before = memory::live_bytes();
  Tape tape;
  Var y = x;
  for (int layer = 0; layer < 4; ++layer) y = recompute([w](const Var& in) { return block(in, w); }, y);
  EXPECT_EQ(memory::live_bytes(), before + 4 * kBytes);  // the inputs of three layers and the result
  tape.backward(std::exchange(y, Var()), Tensor::full({kSize}, 1));
  EXPECT_EQ(memory::live_bytes(), before + 2 * kBytes);  // the gradients of x and w
}

TEST(Recompute, ReachesParametersInsideWhenTheInputIsAConstant) {
  const Var x(Tensor::full({1}, 3)), w = parameter({2});
  Tape tape;
  tape.backward(recompute([w](const Var& in) { return block(in, w); }, x));
  EXPECT_EQ(to_doubles(w.gradient()), (Values{2 * 9 * 2}));
  EXPECT_FALSE(x.gradient().defined());
}

TEST(Recompute, NestsAndWorksWithoutATape) {
  const Var x = parameter({3}), w = parameter({2});
  const auto inner = [w](const Var& in) { return block(in, w); };
  EXPECT_FALSE(recompute(inner, x).wants_gradient());
  const auto outer = [inner](const Var& in) { return recompute(inner, recompute(inner, in)); };
  const auto run = [&](bool recomputed) {
    x.clear_gradient();
    w.clear_gradient();
    Tape tape;
    tape.backward(recomputed ? recompute(outer, x) : block(block(x, w), w));
    return std::vector{to_doubles(x.gradient()), to_doubles(w.gradient())};
  };
  EXPECT_EQ(run(true), run(false));
}

TEST(Recompute, CarriesSeveralResultsOutWithTheirGradients) {
  const auto body = [](const Var& w) {
    return [w](const Var& in) { return std::vector{product(in, w), product(product(in, in), w), product(in, in)}; };
  };
  const auto run = [&](bool recomputed) {
    const Var x = parameter(test::random_values(9, "x")), w = parameter(test::random_values(9, "w"));
    Tape tape;
    const std::vector<Var> y = recomputed ? recompute_outputs(body(w), x) : body(w)(x);
    // The third result is not used: its gradient is undefined.
    tape.backward(product(y[0], y[1]), Tensor::full({9}, 1));
    return std::vector{to_doubles(y[1].value()), to_doubles(x.gradient()), to_doubles(w.gradient())};
  };
  EXPECT_EQ(run(true), run(false));
}

TEST(Recompute, BodyMayReturnItsInput) {
  const Var x = parameter({3});
  Tape tape;
  tape.backward(recompute([](const Var& in) { return in; }, x));
  EXPECT_EQ(to_doubles(x.gradient()), (Values{1}));
}

}  // namespace
}  // namespace sequent
