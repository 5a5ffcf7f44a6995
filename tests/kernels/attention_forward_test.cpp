// The forward pass of kernels/attention.h.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/kernels/attention_case.h"
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
    expected.run(expected.forward());
    actual.run(actual.forward());
    test::expect_close(actual.y, expected.y, 3e-6, "y");
    test::expect_close(actual.log_sum_exp, expected.log_sum_exp, 3e-6, "log_sum_exp", 1.0);
  }
}

TEST(AttentionForward, MatchesReferenceOnEveryTargetAndWidth) {
  test::for_each_simd_target([] { expect_same_as_reference(test::attention_layouts_of_every_width()); });
}

TEST(AttentionForward, MatchesReferenceAtEveryTileBoundary) {
  test::for_each_simd_target([] { expect_same_as_reference(test::attention_layouts_at_tile_boundaries()); });
}

TEST(AttentionForward, MatchesReferenceWithGroupedHeads) {
  expect_same_as_reference(test::attention_layouts_with_grouped_heads());
}

TEST(AttentionForward, MatchesReferenceWhereOneHeadIsCutIntoParts) {
  expect_same_as_reference(test::attention_layouts_in_parts());
}

TEST(AttentionForward, MatchesReferenceWithARelativeBiasOnEveryTarget) {
  test::for_each_simd_target([] { expect_same_as_reference(test::attention_layouts_with_bias()); });
}

TEST(AttentionForward, MatchesReferenceOnManyShortSequences) {
  expect_same_as_reference({test::attention_layout_of_short_sequences()});
}

TEST(AttentionForward, IsNearTheReferenceInBfloat16) {
  test::for_each_simd_target([] {
    for (const AttentionLayout& layout : test::attention_layouts_in_bfloat16()) {
      SCOPED_TRACE(testing::Message() << "width " << layout.width << ", bias " << layout.bias_span);
      AttentionCase<double> expected(layout);
      AttentionCase<float> actual(layout);
      expected.run(expected.forward());
      actual.run(actual.forward());
      test::expect_near_in_bfloat16(actual.y, expected.y, "y");
      test::expect_near_in_bfloat16(actual.log_sum_exp, expected.log_sum_exp, "log_sum_exp");
    }
  });
}

TEST(AttentionForward, ScoresOfTenThousandDoNotOverflow) {
  auto expected = test::attention_case_of_large_scores<double>();
  auto actual = test::attention_case_of_large_scores<float>();
  expected.run(expected.forward());
  actual.run(actual.forward());
  EXPECT_GT(*std::max_element(expected.log_sum_exp.begin(), expected.log_sum_exp.end()), 1e4);
  // Scores of this size are themselves known only to a few times 1e4 * 6e-8 in float, and so are the weights.
  test::expect_close(actual.y, expected.y, 5e-3, "y");
}

TEST(AttentionForward, PackedSequencesEqualEachAlone) {
  AttentionCase<float> packed(
      {.lengths = {{70, 70}, {1, 30}, {33, 140}}, .heads = 4, .key_value_heads = 2, .width = 8});
  packed.run(packed.forward());
  for (std::size_t i = 0; i < packed.layout.lengths.size(); ++i) {
    AttentionCase<float> alone = packed.alone(i);
    alone.run(alone.forward());
    EXPECT_EQ(alone.y, packed.part(packed.y, i));
    EXPECT_EQ(alone.log_sum_exp, packed.part(packed.log_sum_exp, i));
  }
}

TEST(AttentionForward, LaterTokensDoNotChangeEarlierOutputs) {
  const auto expect = [](kernels::ProductPrecision precision) {
    AttentionLayout layout{.lengths = {{150, 150}}, .heads = 2, .key_value_heads = 1, .width = 8};
    layout.precision = precision;
    AttentionCase<float> before(layout);
    before.run(before.forward());
    for (const std::int64_t changed : {1, 31, 32, 64, 100, 149}) {
      AttentionCase<float> after(layout);
      for (std::int64_t i = changed * 16; i < 150 * 16; ++i) after.q[i] = 3 - after.q[i];
      for (std::int64_t i = changed * 8; i < 150 * 8; ++i) {
        after.k[i] *= -40;
        after.v[i] += 1e6f;
      }
      after.run(after.forward());
      for (std::int64_t i = 0; i < changed * 16; ++i) ASSERT_EQ(after.y[i], before.y[i]) << i / 16;
      EXPECT_NE(after.y[changed * 16], before.y[changed * 16]);
    }
  };
  test::for_each_simd_target([&] {
    expect(kernels::ProductPrecision::float32);
    expect(kernels::ProductPrecision::bfloat16);
  });
}

TEST(AttentionForward, NotANumberInAScoreReachesTheOutput) {
  for (const std::int64_t queries : {1, 40}) {
    AttentionCase<float> c({.lengths = {{queries, 40}}, .width = 8});
    c.k[5] = std::numeric_limits<float>::quiet_NaN();
    c.run(c.forward());
    EXPECT_TRUE(std::isnan(c.y.back()));
  }
}

TEST(AttentionForward, SameBitsForAnyNumberOfThreads) {
  const int threads = thread_count();
  for (const AttentionLayout& layout : test::attention_layouts_for_threads()) {
    set_thread_count(1);
    AttentionCase<float> one(layout);
    one.run(one.forward());
    for (const int count : {2, 3, 8}) {
      set_thread_count(count);
      AttentionCase<float> several(layout);
      several.run(several.forward());
      EXPECT_EQ(one.y, several.y);
      EXPECT_EQ(one.log_sum_exp, several.log_sum_exp);
    }
  }
  set_thread_count(threads);
}

}  // namespace
}  // namespace sequent
