#include "sequent/kernels/causal_conv.h"

#include <gtest/gtest.h>

#include <string>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/causal_conv.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using Offsets = std::vector<std::int64_t>;

struct Options {
  Activation f = Activation::silu;
  bool bias = true;
  bool window = true;
};

template <class Real>
struct Case {
  Offsets offsets;
  std::int64_t tokens, sequences, channels, taps;
  Options options;
  std::vector<Real> x, weight, bias, window, y, final_window;
  std::vector<Real> dy, dfinal_window, dx, dwindow, dweight, dbias, partials;

  Case(Offsets offsets_, std::int64_t channels_, std::int64_t taps_, Options options_ = {})
      : offsets(std::move(offsets_)),
        tokens(offsets.back()),
        sequences(static_cast<std::int64_t>(offsets.size()) - 1),
        channels(channels_),
        taps(taps_),
        options(options_) {
    const auto values = [](std::int64_t count, const char* name) {
      const std::vector<double> doubles = test::random_values(count, name);
      return std::vector<Real>(doubles.begin(), doubles.end());
    };
    x = values(tokens * channels, "x");
    weight = values(channels * taps, "weight");
    bias = values(channels, "bias");
    window = values(sequences * (taps - 1) * channels, "window");
    dy = values(tokens * channels, "dy");
    dfinal_window = values(sequences * (taps - 1) * channels, "dfinal_window");
    y.resize(x.size());
    dx.resize(x.size());
    final_window.resize(window.size());
    dwindow.resize(window.size());
    dweight.resize(weight.size());
    dbias.resize(bias.size());
    partials.resize(kernels::kCausalConvPieces * (taps + 1) * channels);
  }
  kernels::CausalConvArguments<Real> inputs() {
    return {.x = x.data(),
            .weight = weight.data(),
            .bias = options.bias ? bias.data() : nullptr,
            .window = options.window ? window.data() : nullptr,
            .offsets = offsets.data(),
            .sequences = sequences,
            .channels = channels,
            .taps = taps,
            .f = options.f};
  }
  kernels::CausalConvForward<Real> forward() {
    return {.inputs = inputs(), .y = y.data(), .final_window = final_window.data()};
  }
  kernels::CausalConvBackward<Real> backward() {
    return {.inputs = inputs(),
            .dy = dy.data(),
            .dfinal_window = options.window ? dfinal_window.data() : nullptr,
            .dx = dx.data(),
            .dwindow = options.window ? dwindow.data() : nullptr,
            .dweight = dweight.data(),
            .dbias = options.bias ? dbias.data() : nullptr,
            .partials = partials.data()};
  }
};

TEST(CausalConvReference, GradientMatchesCentralDifferences) {
  for (const Activation f : {Activation::identity, Activation::silu}) {
    Case<double> c({0, 1, 3, 9}, 3, 4, {.f = f});
    const auto loss = [&] {
      kernels::reference::causal_conv(c.forward());
      return test::weighted_sum(c.y, c.dy) + test::weighted_sum(c.final_window, c.dfinal_window);
    };
    loss();
    kernels::reference::causal_conv(c.backward());
    test::expect_gradient(c.x, c.dx, loss, "dx");
    test::expect_gradient(c.weight, c.dweight, loss, "dweight");
    test::expect_gradient(c.bias, c.dbias, loss, "dbias");
    test::expect_gradient(c.window, c.dwindow, loss, "dwindow");
  }
}

// The last tap is the current token's, and the window is oldest first.
TEST(CausalConvReference, OrderOfTapsAndWindow) {
  Case<double> c({0, 2}, 1, 3, {.f = Activation::identity, .bias = false});
  c.x = {1, 2};
  c.weight = {100, 10, 1};
  c.window = {3, 4};
  kernels::reference::causal_conv(c.forward());
  EXPECT_EQ(c.y, (std::vector<double>{341, 412}));
  EXPECT_EQ(c.final_window, (std::vector<double>{1, 2}));
}

void expect_matches_reference(const Offsets& offsets, std::int64_t channels, std::int64_t taps, Options options = {}) {
  SCOPED_TRACE("tokens " + std::to_string(offsets.back()) + ", channels " + std::to_string(channels) + ", taps " +
               std::to_string(taps));
  Case<double> expected(offsets, channels, taps, options);
  Case<float> actual(offsets, channels, taps, options);
  kernels::reference::causal_conv(expected.forward());
  kernels::causal_conv(kernels::Cpu{}, actual.forward());
  test::expect_close(actual.y, expected.y, 1e-6, "y", 1.0);
  test::expect_close(actual.final_window, expected.final_window, 0, "final_window");
  kernels::reference::causal_conv(expected.backward());
  kernels::causal_conv(kernels::Cpu{}, actual.backward());
  test::expect_close(actual.dx, expected.dx, 3e-6, "dx", 1.0);
  test::expect_close(actual.dweight, expected.dweight, 3e-6, "dweight", 1.0);
  test::expect_close(actual.dbias, expected.dbias, 3e-6, "dbias", 1.0);
  test::expect_close(actual.dwindow, expected.dwindow, 3e-6, "dwindow", 1.0);
}

TEST(CausalConv, MatchesReferenceOnEveryTargetAndWidth) {
  test::for_each_simd_target([] {
    for (const std::int64_t channels : {1, 3, 4, 5, 8, 15, 16, 17, 33, 255, 256, 257, 300, 530}) {
      expect_matches_reference({0, 1, 3, 6, 20, 61}, channels, 4);
    }
    for (std::int64_t taps = 1; taps <= kernels::kCausalConvMaximumTaps; ++taps) {
      expect_matches_reference({0, 1, 3, 6, 20, 61}, 19, taps);
    }
    for (const bool bias : {true, false}) {
      for (const bool window : {true, false}) {
        for (const Activation f : {Activation::identity, Activation::silu}) {
          expect_matches_reference({0, 1, 3, 7, 40}, 21, 4, {f, bias, window});
        }
      }
    }
  });
}

// Pieces of tokens shorter than the taps, and one token in all.
TEST(CausalConv, MatchesReferenceOnFewTokens) {
  for (const std::int64_t tokens : {1, 2, 5, 15, 16, 17, 31, 40}) {
    expect_matches_reference({0, tokens}, 18, 4);
    expect_matches_reference({0, tokens}, 18, 16);
  }
}

TEST(CausalConv, LargeSumsSaturateTheActivation) {
  test::for_each_simd_target([] {
    Case<double> expected({0, 12}, 17, 1);
    Case<float> actual({0, 12}, 17, 1);
    for (std::size_t i = 0; i < actual.x.size(); ++i) {
      const double values[] = {-1000, -104, -88, -87, -20, 0, 20, 88, 104, 1000};
      actual.x[i] = static_cast<float>(expected.x[i] = values[i % 10]);
    }
    std::fill(actual.weight.begin(), actual.weight.end(), 1.0f);
    std::fill(expected.weight.begin(), expected.weight.end(), 1.0);
    kernels::reference::causal_conv(expected.forward());
    kernels::causal_conv(kernels::Cpu{}, actual.forward());
    test::expect_close(actual.y, expected.y, 1e-6, "y");
    kernels::reference::causal_conv(expected.backward());
    kernels::causal_conv(kernels::Cpu{}, actual.backward());
    test::expect_close(actual.dx, expected.dx, 1e-6, "dx");
  });
}

TEST(CausalConv, SplitAnywhereIsBitwiseTheSame) {
  constexpr std::int64_t length = 70, channels = 21, taps = 4;
  Case<float> whole({0, length}, channels, taps);
  kernels::causal_conv(kernels::Cpu{}, whole.forward());
  for (const std::int64_t piece : {1, 2, 3, 33}) {
    std::vector<float> y, window = whole.window;
    for (std::int64_t begin = 0; begin < length; begin += piece) {
      Case<float> part({0, std::min(piece, length - begin)}, channels, taps);
      std::copy_n(whole.x.begin() + begin * channels, part.x.size(), part.x.begin());
      part.window = window;
      kernels::causal_conv(kernels::Cpu{}, part.forward());
      y.insert(y.end(), part.y.begin(), part.y.end());
      window = part.final_window;
    }
    EXPECT_EQ(y, whole.y) << piece;
    EXPECT_EQ(window, whole.final_window) << piece;
  }
}

TEST(CausalConv, ThreadsDoNotChangeAnything) {
  const int threads = thread_count();
  const Offsets offsets = {0, 70, 75, 300};
  set_thread_count(1);
  Case<float> one(offsets, 300, 4);
  kernels::causal_conv(kernels::Cpu{}, one.forward());
  kernels::causal_conv(kernels::Cpu{}, one.backward());
  set_thread_count(3);
  Case<float> three(offsets, 300, 4);
  kernels::causal_conv(kernels::Cpu{}, three.forward());
  kernels::causal_conv(kernels::Cpu{}, three.backward());
  set_thread_count(threads);
  EXPECT_EQ(one.y, three.y);
  EXPECT_EQ(one.final_window, three.final_window);
  EXPECT_EQ(one.dx, three.dx);
  EXPECT_EQ(one.dwindow, three.dwindow);
  EXPECT_EQ(one.dweight, three.dweight);
  EXPECT_EQ(one.dbias, three.dbias);
}

}  // namespace
}  // namespace sequent
