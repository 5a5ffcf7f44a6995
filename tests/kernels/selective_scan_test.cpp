#include "sequent/kernels/selective_scan.h"

#include <gtest/gtest.h>

#include <string>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/selective_scan.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using Offsets = std::vector<std::int64_t>;

template <class Real>
struct Case {
  Offsets offsets;
  std::int64_t tokens, sequences, channels, states, workers;
  bool gated, with_state;
  std::vector<Real> x, delta, delta_bias, a_log, b, c, d, gate, state;
  std::vector<Real> y, final_state, checkpoints, forward_scratch;
  std::vector<Real> dy, dfinal_state, dx, ddelta, ddelta_bias, da_log, db, dc, dd, dgate, dstate, partials, scratch;

  Case(Offsets offsets_, std::int64_t channels_, std::int64_t states_, bool gated_ = true, bool with_state_ = true)
      : offsets(std::move(offsets_)),
        tokens(offsets.back()),
        sequences(static_cast<std::int64_t>(offsets.size()) - 1),
        channels(channels_),
        states(states_),
        workers(thread_count()),
        gated(gated_),
        with_state(with_state_) {
    const auto values = [](std::int64_t count, const char* name, double deviation = 1.0) {
      const std::vector<double> doubles = test::random_values(count, name, deviation);
      return std::vector<Real>(doubles.begin(), doubles.end());
    };
    const std::int64_t activations = tokens * channels, all_states = sequences * channels * states;
    x = values(activations, "x");
    delta = values(activations, "delta", 2.0);
    delta_bias = values(channels, "delta_bias");
    a_log = values(channels * states, "a_log");
    b = values(tokens * states, "b");
    c = values(tokens * states, "c");
    d = values(channels, "d");
    gate = values(activations, "gate", 3.0);
    state = values(all_states, "state");
    dy = values(activations, "dy");
    dfinal_state = values(all_states, "dfinal_state");
    for (auto* of_tokens : {&y, &dx, &ddelta, &dgate}) of_tokens->resize(activations);
    for (auto* of_channels : {&ddelta_bias, &dd}) of_channels->resize(channels);
    for (auto* of_states : {&final_state, &dstate}) of_states->resize(all_states);
    db.resize(b.size());
    dc.resize(c.size());
    da_log.resize(a_log.size());
    checkpoints.resize(kernels::selective_scan_checkpoints(tokens, channels, states));
    partials.resize(kernels::selective_scan_partials(tokens, channels, states, sequences));
    forward_scratch.resize(workers * kernels::selective_scan_forward_scratch(states));
    scratch.resize(workers * kernels::selective_scan_backward_scratch(states));
  }
  kernels::SelectiveScanArguments<Real> inputs() {
    return {.x = x.data(),
            .delta = delta.data(),
            .delta_bias = delta_bias.data(),
            .a_log = a_log.data(),
            .b = b.data(),
            .c = c.data(),
            .d = d.data(),
            .gate = gated ? gate.data() : nullptr,
            .state = with_state ? state.data() : nullptr,
            .offsets = offsets.data(),
            .sequences = sequences,
            .channels = channels,
            .states = states,
            .workers = workers};
  }
  kernels::SelectiveScanForward<Real> forward() {
    return {.inputs = inputs(),
            .y = y.data(),
            .final_state = final_state.data(),
            .checkpoints = checkpoints.data(),
            .scratch = forward_scratch.data()};
  }
  kernels::SelectiveScanBackward<Real> backward() {
    return {.inputs = inputs(),
            .checkpoints = checkpoints.data(),
            .dy = dy.data(),
            .dfinal_state = with_state ? dfinal_state.data() : nullptr,
            .dx = dx.data(),
            .ddelta = ddelta.data(),
            .db = db.data(),
            .dc = dc.data(),
            .dgate = gated ? dgate.data() : nullptr,
            .dstate = with_state ? dstate.data() : nullptr,
            .ddelta_bias = ddelta_bias.data(),
            .da_log = da_log.data(),
            .dd = dd.data(),
            .partials = partials.data(),
            .scratch = scratch.data()};
  }
};

TEST(SelectiveScanReference, GradientMatchesCentralDifferences) {
  Case<double> c({0, 3, 4, 9}, 3, 2);
  const auto loss = [&] {
    kernels::reference::selective_scan(c.forward());
    return test::weighted_sum(c.y, c.dy) + test::weighted_sum(c.final_state, c.dfinal_state);
  };
  loss();
  kernels::reference::selective_scan(c.backward());
  test::expect_gradient(c.x, c.dx, loss, "dx");
  test::expect_gradient(c.delta, c.ddelta, loss, "ddelta");
  test::expect_gradient(c.delta_bias, c.ddelta_bias, loss, "ddelta_bias");
  test::expect_gradient(c.a_log, c.da_log, loss, "da_log");
  test::expect_gradient(c.b, c.db, loss, "db");
  test::expect_gradient(c.c, c.dc, loss, "dc");
  test::expect_gradient(c.d, c.dd, loss, "dd");
  test::expect_gradient(c.gate, c.dgate, loss, "dgate");
  test::expect_gradient(c.state, c.dstate, loss, "dstate");
}

TEST(SelectiveScanReference, SoftplusIsPyTorchs) {
  EXPECT_EQ(kernels::reference::softplus(21.0), 21.0);
  EXPECT_GT(kernels::reference::softplus(19.0), 19.0);
  EXPECT_NEAR(kernels::reference::softplus(0.0), 0.6931471805599453, 1e-15);
}

void expect_matches_reference(Case<float> actual, Case<double> expected) {
  SCOPED_TRACE("tokens " + std::to_string(expected.tokens) + ", channels " + std::to_string(expected.channels) +
               ", states " + std::to_string(expected.states));
  kernels::reference::selective_scan(expected.forward());
  kernels::selective_scan(kernels::Cpu{}, actual.forward());
  test::expect_close(actual.y, expected.y, 3e-6, "y", 1.0);
  test::expect_close(actual.final_state, expected.final_state, 3e-6, "final_state", 1.0);
  kernels::reference::selective_scan(expected.backward());
  kernels::selective_scan(kernels::Cpu{}, actual.backward());
  test::expect_close(actual.dx, expected.dx, 3e-6, "dx", 1.0);
  test::expect_close(actual.ddelta, expected.ddelta, 5e-6, "ddelta", 1.0);
  test::expect_close(actual.ddelta_bias, expected.ddelta_bias, 5e-6, "ddelta_bias", 10.0);
  test::expect_close(actual.da_log, expected.da_log, 5e-6, "da_log", 10.0);
  test::expect_close(actual.db, expected.db, 5e-6, "db", 1.0);
  test::expect_close(actual.dc, expected.dc, 5e-6, "dc", 1.0);
  test::expect_close(actual.dd, expected.dd, 5e-6, "dd", 1.0);
  test::expect_close(actual.dgate, expected.dgate, 3e-6, "dgate", 1.0);
  test::expect_close(actual.dstate, expected.dstate, 5e-6, "dstate", 1.0);
}

TEST(SelectiveScan, MatchesReferenceOnEveryTargetAndWidth) {
  test::for_each_simd_target([] {
    const Offsets offsets = {0, 1, 6, 9};
    for (const std::int64_t channels : {1, 3, 4, 5, 8, 15, 16, 17, 33, 63, 64, 65, 100, 130}) {
      expect_matches_reference({offsets, channels, 16}, {offsets, channels, 16});
    }
    for (const std::int64_t states : {1, 2, 3, 5, 8, 15, 17, 32, 64, 65, 128, 256}) {
      expect_matches_reference({offsets, 20, states}, {offsets, 20, states});
    }
    expect_matches_reference({offsets, 300, 130}, {offsets, 300, 130});
  });
}

TEST(SelectiveScan, MatchesReferenceAcrossChunks) {
  constexpr std::int64_t T = kernels::kSelectiveScanChunk;
  test::for_each_simd_target([] {
    const Offsets many = {0, T - 1, 2 * T - 1, 3 * T, 3 * T + 1, 6 * T + 2, 6 * T + 9};
    for (const bool gated : {true, false}) {
      for (const bool with_state : {true, false}) {
        for (const std::int64_t states : {3, 16}) {
          expect_matches_reference({many, 18, states, gated, with_state}, {many, 18, states, gated, with_state});
        }
      }
    }
    for (const std::int64_t length : {T, T + 1, 2 * T, 5 * T + 7}) {
      expect_matches_reference({{0, length}, 70, 16}, {{0, length}, 70, 16});
    }
  });
}

// More sequences than groups, so that a group has several; and one token each, as in decoding.
TEST(SelectiveScan, MatchesReferenceOnManySequences) {
  Offsets offsets = {0}, single = {0};
  for (std::int64_t i = 0; i < 70; ++i) {
    offsets.push_back(offsets.back() + 1 + i * i % 7);
    single.push_back(i + 1);
  }
  ASSERT_GT(kernels::selective_scan_forward_groups(offsets.back(), 70), 1);
  expect_matches_reference({offsets, 17, 16}, {offsets, 17, 16});
  expect_matches_reference({single, 17, 16}, {single, 17, 16});
}

TEST(SelectiveScan, ExtremeArgumentsMatchReference) {
  test::for_each_simd_target([] {
    const auto extreme = [](auto c) {
      const double deltas[] = {-200, -100, -88, -30, -10, 0, 10, 19.9, 20.1, 30, 88, 200};
      const double gates[] = {-200, -104, -88, -20, 0, 20, 88, 104, 200};
      for (std::size_t i = 0; i < c.delta.size(); ++i) c.delta[i] = deltas[i % 12];
      for (std::size_t i = 0; i < c.gate.size(); ++i) c.gate[i] = gates[i % 9];
      for (std::size_t i = 0; i < c.a_log.size(); ++i) c.a_log[i] = -12.0 + static_cast<double>(i % 24);
      return c;
    };
    // Decays near 1 over states near 200 |x|: the terms of y and the gradients are far larger than their sums.
    Case<double> expected = extreme(Case<double>({0, 60}, 19, 16));
    Case<float> actual = extreme(Case<float>({0, 60}, 19, 16));
    kernels::reference::selective_scan(expected.forward());
    kernels::selective_scan(kernels::Cpu{}, actual.forward());
    test::expect_close(actual.y, expected.y, 3e-6, "y");
    test::expect_close(actual.final_state, expected.final_state, 3e-6, "final_state");
    kernels::reference::selective_scan(expected.backward());
    kernels::selective_scan(kernels::Cpu{}, actual.backward());
    for (const auto& [got, wanted, name] : {std::tuple{&actual.dx, &expected.dx, "dx"},
                                            {&actual.ddelta, &expected.ddelta, "ddelta"},
                                            {&actual.da_log, &expected.da_log, "da_log"},
                                            {&actual.db, &expected.db, "db"},
                                            {&actual.dc, &expected.dc, "dc"},
                                            {&actual.dgate, &expected.dgate, "dgate"},
                                            {&actual.dstate, &expected.dstate, "dstate"}}) {
      test::expect_close(*got, *wanted, 5e-6, name);
    }
  });
}

TEST(SelectiveScan, NotANumberReachesTheOutput) {
  for (const int which : {0, 1, 2}) {
    Case<float> c({0, 3}, 5, 16);
    (which == 0 ? c.delta : which == 1 ? c.x : c.a_log)[0] = std::nanf("");
    kernels::selective_scan(kernels::Cpu{}, c.forward());
    EXPECT_TRUE(std::isnan(c.y[0])) << which;
    EXPECT_TRUE(std::isnan(c.y[10])) << which;
    EXPECT_FALSE(std::isnan(c.y[1])) << which;
  }
}

TEST(SelectiveScan, SplitAnywhereIsBitwiseTheSame) {
  constexpr std::int64_t length = 150, channels = 21, states = 16;
  Case<float> whole({0, length}, channels, states);
  kernels::selective_scan(kernels::Cpu{}, whole.forward());
  for (const std::int64_t piece : {1, 7, 64, 100}) {
    std::vector<float> y, state = whole.state;
    for (std::int64_t begin = 0; begin < length; begin += piece) {
      Case<float> part({0, std::min(piece, length - begin)}, channels, states);
      const auto copy = [&](const std::vector<float>& from, std::vector<float>& to, std::int64_t width) {
        std::copy_n(from.begin() + begin * width, part.tokens * width, to.begin());
      };
      copy(whole.x, part.x, channels);
      copy(whole.delta, part.delta, channels);
      copy(whole.gate, part.gate, channels);
      copy(whole.b, part.b, states);
      copy(whole.c, part.c, states);
      part.state = state;
      kernels::selective_scan(kernels::Cpu{}, part.forward());
      y.insert(y.end(), part.y.begin(), part.y.end());
      state = part.final_state;
    }
    EXPECT_EQ(y, whole.y) << piece;
    EXPECT_EQ(state, whole.final_state) << piece;
  }
}

TEST(SelectiveScan, ThreadsDoNotChangeAnything) {
  const int threads = thread_count();
  const Offsets offsets = {0, 70, 75, 300};
  set_thread_count(1);
  Case<float> one(offsets, 150, 16);
  kernels::selective_scan(kernels::Cpu{}, one.forward());
  kernels::selective_scan(kernels::Cpu{}, one.backward());
  set_thread_count(3);
  Case<float> three(offsets, 150, 16);
  kernels::selective_scan(kernels::Cpu{}, three.forward());
  kernels::selective_scan(kernels::Cpu{}, three.backward());
  set_thread_count(threads);
  EXPECT_EQ(one.y, three.y);
  EXPECT_EQ(one.final_state, three.final_state);
  EXPECT_EQ(one.dx, three.dx);
  EXPECT_EQ(one.ddelta, three.ddelta);
  EXPECT_EQ(one.ddelta_bias, three.ddelta_bias);
  EXPECT_EQ(one.da_log, three.da_log);
  EXPECT_EQ(one.db, three.db);
  EXPECT_EQ(one.dc, three.dc);
  EXPECT_EQ(one.dd, three.dd);
  EXPECT_EQ(one.dgate, three.dgate);
  EXPECT_EQ(one.dstate, three.dstate);
}

TEST(SelectiveScan, PartialSumsStayOfTheOrderOfTheInputs) {
  for (const std::int64_t channels : {64, 256, 1536, 8192}) {
    for (const std::int64_t states : {1, 16, 64, 128, 256}) {
      const std::int64_t tokens = 4096, pieces = kernels::selective_scan_pieces(channels, states);
      EXPECT_LE(pieces * tokens * 2 * states, 2 * tokens * (channels + states)) << channels << " " << states;
    }
  }
}

}  // namespace
}  // namespace sequent
