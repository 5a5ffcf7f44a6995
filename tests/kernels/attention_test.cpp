#include "sequent/kernels/attention.h"

#include <gtest/gtest.h>

#include <utility>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/attention.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using test::random_values;

struct Layout {
  std::vector<std::pair<std::int64_t, std::int64_t>> lengths;  // queries and keys of each sequence
  std::int64_t heads = 1;
  std::int64_t key_value_heads = 1;
  std::int64_t width = 4;
  bool causal = true;
  double deviation = 1.0;
  double scale = 0.3;
};

template <class Real>
struct Case {
  Layout layout;
  std::int64_t queries = 0, keys = 0;
  std::vector<Real> q, k, v, dy, y, log_sum_exp, dq, dk, dv, scratch;
  std::vector<kernels::AttentionSequence<Real>> sequences;
  std::vector<std::int64_t> first_task;

  explicit Case(Layout layout_) : layout(std::move(layout_)) {
    for (const auto& [query_length, key_length] : layout.lengths) {
      queries += query_length;
      keys += key_length;
    }
    const auto values = [](std::int64_t count, const char* name, double deviation) {
      const std::vector<double> doubles = random_values(count, name, deviation);
      return std::vector<Real>(doubles.begin(), doubles.end());
    };
    const std::int64_t row = layout.heads * layout.width;
    const std::int64_t key_row = layout.key_value_heads * layout.width;
    q = values(queries * row, "q", layout.deviation);
    k = values(keys * key_row, "k", layout.deviation);
    v = values(keys * key_row, "v", 1.0);
    dy = values(queries * row, "dy", 1.0);
    // What a kernel must write is not a number until it does.
    const Real unset = std::numeric_limits<Real>::quiet_NaN();
    for (auto* output : {&y, &dq}) output->assign(q.size(), unset);
    for (auto* output : {&dk, &dv}) output->assign(k.size(), unset);
    log_sum_exp.assign(queries * layout.heads, unset);
    first_task.resize(layout.lengths.size() + 1);
    place();
  }
  void place() {
    sequences.clear();
    std::int64_t query = 0, key = 0;
    const std::int64_t key_row = layout.key_value_heads * layout.width;
    for (const auto& [query_length, key_length] : layout.lengths) {
      sequences.push_back({query, query_length, k.data() + key * key_row, v.data() + key * key_row, key_length, key});
      query += query_length;
      key += key_length;
    }
  }
  kernels::AttentionForward<Real> forward() {
    return {.q = q.data(),
            .y = y.data(),
            .log_sum_exp = log_sum_exp.data(),
            .sequences = sequences.data(),
            .sequence_count = static_cast<std::int64_t>(sequences.size()),
            .heads = layout.heads,
            .key_value_heads = layout.key_value_heads,
            .width = layout.width,
            .scale = Real(layout.scale),
            .causal = layout.causal,
            .workers = thread_count(),
            .first_task = first_task.data(),
            .scratch = nullptr};
  }
  kernels::AttentionBackward<Real> backward() {
    return {.q = q.data(),
            .y = y.data(),
            .log_sum_exp = log_sum_exp.data(),
            .dy = dy.data(),
            .dq = dq.data(),
            .dk = dk.data(),
            .dv = dv.data(),
            .sequences = sequences.data(),
            .sequence_count = static_cast<std::int64_t>(sequences.size()),
            .heads = layout.heads,
            .key_value_heads = layout.key_value_heads,
            .width = layout.width,
            .scale = Real(layout.scale),
            .causal = layout.causal,
            .workers = thread_count(),
            .first_task = first_task.data(),
            .scratch = nullptr};
  }
  template <class Args>
  void run(Args args) {
    if constexpr (std::is_same_v<Real, double>) {
      kernels::reference::attention(args);
    } else {
      // Aligned as tensors are; full of NaN, since scratch holds whatever was there before.
      const std::int64_t size = kernels::attention_scratch(args);
      const Tensor memory = Tensor::full({size}, std::numeric_limits<float>::quiet_NaN());
      args.scratch = memory.mutable_floats();
      kernels::attention(kernels::Cpu{}, args);
    }
  }
  void run() {
    run(forward());
    run(backward());
  }
};

void expect_same_as_reference(const Layout& layout, double tolerance = 3e-6) {
  Case<double> expected(layout);
  Case<float> actual(layout);
  expected.run();
  actual.run();
  test::expect_close(actual.y, expected.y, tolerance, "y");
  test::expect_close(actual.log_sum_exp, expected.log_sum_exp, tolerance, "log_sum_exp", 1.0);
  // Differences of sums of up to `width` products: their terms are of the size of v and dy.
  test::expect_close(actual.dq, expected.dq, tolerance, "dq", 1.0);
  test::expect_close(actual.dk, expected.dk, tolerance, "dk", 1.0);
  test::expect_close(actual.dv, expected.dv, tolerance, "dv", 1.0);
}

TEST(AttentionReference, GradientMatchesCentralDifferences) {
  for (const bool causal : {true, false}) {
    Case<double> c(
        {.lengths = {{3, 3}, {2, 5}, {1, 1}}, .heads = 4, .key_value_heads = 2, .width = 3, .causal = causal});
    const auto loss = [&] {
      c.run(c.forward());
      return test::weighted_sum(c.y, c.dy);
    };
    loss();
    c.run(c.backward());
    test::expect_gradient(c.q, c.dq, loss, "dq");
    test::expect_gradient(c.k, c.dk, loss, "dk");
    test::expect_gradient(c.v, c.dv, loss, "dv");
  }
}

TEST(Attention, MatchesReferenceOnEveryTargetAndWidth) {
  test::for_each_simd_target([] {
    for (const std::int64_t width : {1, 2, 3, 7, 8, 15, 16, 17, 33, 64, 80, 100, 256}) {
      SCOPED_TRACE(width);
      for (const bool causal : {true, false}) {
        expect_same_as_reference({.lengths = {{19, 19}, {1, 3}, {5, 40}, {1, 1}},
                                  .heads = 2,
                                  .key_value_heads = 1,
                                  .width = width,
                                  .causal = causal,
                                  .scale = 1 / std::sqrt(double(width))});
      }
    }
  });
}

TEST(Attention, MatchesReferenceAtEveryTileBoundary) {
  test::for_each_simd_target([] {
    for (const std::int64_t queries : {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 129, 200}) {
      for (const std::int64_t earlier : {0, 1, 63, 64, 130}) {
        SCOPED_TRACE(testing::Message() << queries << " queries after " << earlier);
        expect_same_as_reference({.lengths = {{queries, queries + earlier}}, .width = 5});
      }
    }
  });
}

TEST(Attention, MatchesReferenceWithGroupedHeads) {
  for (const std::int64_t key_value_heads : {1, 2, 3, 6}) {
    SCOPED_TRACE(key_value_heads);
    expect_same_as_reference(
        {.lengths = {{70, 70}, {1, 90}}, .heads = 6, .key_value_heads = key_value_heads, .width = 16});
  }
}

TEST(Attention, MatchesReferenceWhereOneHeadIsCutIntoParts) {
  for (const bool causal : {true, false}) {
    // Long enough for several parts of keys in the backward pass and for several pieces of a single query.
    expect_same_as_reference({.lengths = {{2100, 2100}}, .width = 8, .causal = causal});
    expect_same_as_reference({.lengths = {{700, 2600}, {1, 2300}}, .width = 8, .causal = causal});
  }
}

TEST(Attention, MatchesReferenceOnManyShortSequences) {
  Layout layout{.lengths = {}, .heads = 2, .key_value_heads = 2, .width = 12};
  for (std::int64_t i = 0; i < 100; ++i) layout.lengths.push_back({1 + i % 9, 1 + i % 9 + i % 4});
  expect_same_as_reference(layout);
}

TEST(Attention, ScoresOfTenThousandDoNotOverflow) {
  const Layout layout{.lengths = {{80, 80}, {1, 50}}, .width = 16, .deviation = 60.0, .scale = 1.0};
  Case<double> expected(layout);
  Case<float> actual(layout);
  // Keys that differ little from one another, so that the scores are large and yet several keys weigh.
  for (std::size_t i = 16; i < actual.k.size(); ++i) {
    expected.k[i] = actual.k[i] = static_cast<float>(expected.k[i % 16] + expected.k[i] * 1e-4);
  }
  expected.run();
  actual.run();
  EXPECT_GT(*std::max_element(expected.log_sum_exp.begin(), expected.log_sum_exp.end()), 1e4);
  // Scores of this size are themselves known only to a few times 1e4 * 6e-8 in float, and so are the weights.
  test::expect_close(actual.y, expected.y, 5e-3, "y");
  test::expect_close(actual.dv, expected.dv, 5e-3, "dv");
  // Sums over nearly equal rows, times numbers that cancel: the terms are of the size of k and q.
  test::expect_close(actual.dq, expected.dq, 5e-3, "dq", 60.0);
  test::expect_close(actual.dk, expected.dk, 5e-3, "dk", 60.0);
}

TEST(Attention, PackedSequencesEqualEachAlone) {
  Case<float> packed({.lengths = {{70, 70}, {1, 30}, {33, 140}}, .heads = 4, .key_value_heads = 2, .width = 8});
  packed.run();
  std::int64_t query = 0, key = 0;
  for (const auto& lengths : packed.layout.lengths) {
    Layout layout = packed.layout;
    layout.lengths = {lengths};
    Case<float> alone(layout);
    std::copy_n(packed.q.begin() + query * 32, alone.q.size(), alone.q.begin());
    std::copy_n(packed.dy.begin() + query * 32, alone.dy.size(), alone.dy.begin());
    std::copy_n(packed.k.begin() + key * 16, alone.k.size(), alone.k.begin());
    std::copy_n(packed.v.begin() + key * 16, alone.v.size(), alone.v.begin());
    alone.run();
    const auto part = [](const std::vector<float>& all, std::int64_t at, std::size_t size) {
      return std::vector<float>(all.begin() + at, all.begin() + at + static_cast<std::int64_t>(size));
    };
    EXPECT_EQ(alone.y, part(packed.y, query * 32, alone.y.size()));
    EXPECT_EQ(alone.dq, part(packed.dq, query * 32, alone.dq.size()));
    EXPECT_EQ(alone.dk, part(packed.dk, key * 16, alone.dk.size()));
    EXPECT_EQ(alone.dv, part(packed.dv, key * 16, alone.dv.size()));
    query += lengths.first;
    key += lengths.second;
  }
}

TEST(Attention, LaterTokensDoNotChangeEarlierOutputs) {
  test::for_each_simd_target([] {
    const Layout layout{.lengths = {{150, 150}}, .heads = 2, .key_value_heads = 1, .width = 8};
    Case<float> before(layout);
    before.run(before.forward());
    for (const std::int64_t changed : {1, 31, 32, 64, 100, 149}) {
      Case<float> after(layout);
      for (std::int64_t i = changed * 16; i < 150 * 16; ++i) after.q[i] = 3 - after.q[i];
      for (std::int64_t i = changed * 8; i < 150 * 8; ++i) {
        after.k[i] *= -40;
        after.v[i] += 1e6f;
      }
      after.run(after.forward());
      for (std::int64_t i = 0; i < changed * 16; ++i) ASSERT_EQ(after.y[i], before.y[i]) << i / 16;
      EXPECT_NE(after.y[changed * 16], before.y[changed * 16]);
    }
  });
}

TEST(Attention, NotANumberInAScoreReachesTheOutput) {
  for (const std::int64_t queries : {1, 40}) {
    Case<float> c({.lengths = {{queries, 40}}, .width = 8});
    c.k[5] = std::numeric_limits<float>::quiet_NaN();
    c.run(c.forward());
    EXPECT_TRUE(std::isnan(c.y.back()));
  }
}

TEST(Attention, SameBitsForAnyNumberOfThreads) {
  const int threads = thread_count();
  for (const Layout& layout :
       {Layout{.lengths = {{1500, 1500}}, .width = 16}, Layout{.lengths = {{1, 5000}}, .width = 64},
        Layout{.lengths = {{100, 100}, {200, 300}, {1, 2000}}, .heads = 4, .key_value_heads = 2, .width = 16}}) {
    set_thread_count(1);
    Case<float> one(layout);
    one.run();
    for (const int count : {2, 3, 8}) {
      set_thread_count(count);
      Case<float> several(layout);
      several.run();
      EXPECT_EQ(one.y, several.y);
      EXPECT_EQ(one.dq, several.dq);
      EXPECT_EQ(one.dk, several.dk);
      EXPECT_EQ(one.dv, several.dv);
    }
  }
  set_thread_count(threads);
}

}  // namespace
}  // namespace sequent
