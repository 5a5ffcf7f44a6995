// The backward pass of kernels/attention.h.
#include <gtest/gtest.h>

#include "tests/kernels/attention_case.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"

namespace sequent {
namespace {

using test::AttentionCase;
using test::AttentionLayout;

void expect_same_as_reference(const std::vector<AttentionLayout>& layouts) {
  for (const AttentionLayout& layout : layouts) {
    SCOPED_TRACE(testing::Message() << "width " << layout.width << ", causal " << layout.causal << ", first sequence "
                                    << layout.lengths[0].first << " of " << layout.lengths[0].second);
    AttentionCase<double> expected(layout);
    AttentionCase<float> actual(layout);
    expected.run();
    actual.run();
    // Differences of sums of up to `width` products: their terms are of the size of v and dy.
    test::expect_close(actual.dq, expected.dq, 3e-6, "dq", 1.0);
    test::expect_close(actual.dk, expected.dk, 3e-6, "dk", 1.0);
    test::expect_close(actual.dv, expected.dv, 3e-6, "dv", 1.0);
    // Sums over up to two million scores of either sign, whose own errors add up.
    test::expect_close(actual.dbias, expected.dbias, 1e-5, "dbias", 1.0);
  }
}

TEST(AttentionReference, GradientMatchesCentralDifferences) {
  for (const auto& [causal, span] : {std::pair{true, -1}, {false, -1}, {true, 2}, {false, 1}}) {
    AttentionCase<double> c({.lengths = {{3, 3}, {2, 5}, {1, 1}},
                             .heads = 4,
                             .key_value_heads = 2,
                             .width = 3,
                             .causal = causal,
                             .bias_span = span});
    const auto loss = [&] {
      c.run(c.forward());
      return test::weighted_sum(c.y, c.dy);
    };
    loss();
    c.run(c.backward());
    test::expect_gradient(c.q, c.dq, loss, "dq");
    test::expect_gradient(c.k, c.dk, loss, "dk");
    test::expect_gradient(c.v, c.dv, loss, "dv");
    test::expect_gradient(c.bias, c.dbias, loss, "dbias");
  }
}

TEST(AttentionBackward, IsNearTheReferenceInBfloat16) {
  test::for_each_simd_target([] {
    for (const AttentionLayout& layout : test::attention_layouts_in_bfloat16()) {
      SCOPED_TRACE(testing::Message() << "width " << layout.width << ", bias " << layout.bias_span);
      AttentionCase<double> expected(layout);
      AttentionCase<float> actual(layout);
      expected.run();
      actual.run();
      // Sums of dp - dy . y, of either sign: in one channel, or over all pairs at a distance, they nearly cancel.
      constexpr double kCancelled = 0x1p-5;
      test::expect_near_in_bfloat16(actual.dq, expected.dq, "dq", layout.width == 1 ? kCancelled : 0x1p-7);
      test::expect_near_in_bfloat16(actual.dk, expected.dk, "dk", layout.width == 1 ? kCancelled : 0x1p-7);
      test::expect_near_in_bfloat16(actual.dv, expected.dv, "dv");
      if (layout.bias_span > 0) test::expect_near_in_bfloat16(actual.dbias, expected.dbias, "dbias", kCancelled);
    }
  });
}

TEST(AttentionBackward, MatchesReferenceOnEveryTargetAndWidth) {
  test::for_each_simd_target([] { expect_same_as_reference(test::attention_layouts_of_every_width()); });
}

TEST(AttentionBackward, MatchesReferenceAtEveryTileBoundary) {
  test::for_each_simd_target([] { expect_same_as_reference(test::attention_layouts_at_tile_boundaries()); });
}

TEST(AttentionBackward, MatchesReferenceWithGroupedHeads) {
  expect_same_as_reference(test::attention_layouts_with_grouped_heads());
}

TEST(AttentionBackward, MatchesReferenceWhereOneHeadIsCutIntoParts) {
  expect_same_as_reference(test::attention_layouts_in_parts());
}

TEST(AttentionBackward, MatchesReferenceWithARelativeBiasOnEveryTarget) {
  test::for_each_simd_target([] { expect_same_as_reference(test::attention_layouts_with_bias()); });
}

TEST(AttentionBackward, MatchesReferenceOnManyShortSequences) {
  expect_same_as_reference({test::attention_layout_of_short_sequences()});
}

TEST(AttentionBackward, ScoresOfTenThousandDoNotOverflow) {
  auto expected = test::attention_case_of_large_scores<double>();
  auto actual = test::attention_case_of_large_scores<float>();
  expected.run();
  actual.run();
  // Scores of this size are themselves known only to a few times 1e4 * 6e-8 in float, and so are the weights.
  test::expect_close(actual.dv, expected.dv, 5e-3, "dv");
  // Sums over nearly equal rows, times numbers that cancel: the terms are of the size of k and q.
  test::expect_close(actual.dq, expected.dq, 5e-3, "dq", 60.0);
  test::expect_close(actual.dk, expected.dk, 5e-3, "dk", 60.0);
}

TEST(AttentionBackward, PackedSequencesEqualEachAlone) {
  AttentionCase<float> packed(
      {.lengths = {{70, 70}, {1, 30}, {33, 140}}, .heads = 4, .key_value_heads = 2, .width = 8});
  packed.run();
  for (std::size_t i = 0; i < packed.layout.lengths.size(); ++i) {
    AttentionCase<float> alone = packed.alone(i);
    alone.run();
    EXPECT_EQ(alone.dq, packed.part(packed.dq, i));
    EXPECT_EQ(alone.dk, packed.part(packed.dk, i));
    EXPECT_EQ(alone.dv, packed.part(packed.dv, i));
  }
}

TEST(AttentionBackward, SameBitsForAnyNumberOfThreads) {
  const int threads = thread_count();
  for (const AttentionLayout& layout : test::attention_layouts_for_threads()) {
    set_thread_count(1);
    AttentionCase<float> one(layout);
    one.run();
    for (const int count : {2, 3, 8}) {
      set_thread_count(count);
      AttentionCase<float> several(layout);
      several.run();
      EXPECT_EQ(one.dq, several.dq);
      EXPECT_EQ(one.dk, several.dk);
      EXPECT_EQ(one.dv, several.dv);
      EXPECT_EQ(one.dbias, several.dbias);
    }
  }
  set_thread_count(threads);
}

}  // namespace
}  // namespace sequent
