#include "sequent/kernels/selective_scan.h"

#include <gtest/gtest.h>

#include "sequent/kernels/reference/selective_scan.h"
#include "tests/kernels/selective_scan_case.h"
#include "tests/support/simd_targets.h"

namespace sequent {
namespace {

using test::SelectiveScanCase;

TEST(SelectiveScanReference, SoftplusIsPyTorchs) {
  EXPECT_EQ(kernels::reference::softplus(21.0), 21.0);
  EXPECT_GT(kernels::reference::softplus(19.0), 19.0);
  EXPECT_NEAR(kernels::reference::softplus(0.0), 0.6931471805599453, 1e-15);
}

void expect_matches_reference(const std::vector<test::SelectiveScanLayout>& layouts) {
  for (const test::SelectiveScanLayout& layout : layouts) {
    SCOPED_TRACE(layout.text());
    auto expected = layout.make<double>();
    auto actual = layout.make<float>();
    kernels::reference::selective_scan(expected.forward());
    kernels::selective_scan(kernels::Cpu{}, actual.forward());
    test::expect_close(actual.y, expected.y, 3e-6, "y", 1.0);
    test::expect_close(actual.final_state, expected.final_state, 3e-6, "final_state", 1.0);
  }
}

TEST(SelectiveScan, MatchesReferenceOnEveryTargetAndWidth) {
  test::for_each_simd_target([] { expect_matches_reference(test::selective_scan_layouts_of_every_width()); });
}

TEST(SelectiveScan, MatchesReferenceAcrossChunks) {
  test::for_each_simd_target([] { expect_matches_reference(test::selective_scan_layouts_across_chunks()); });
}

TEST(SelectiveScan, MatchesReferenceOnManySequences) {
  const auto layouts = test::selective_scan_layouts_of_many_sequences();
  ASSERT_GT(kernels::selective_scan_forward_groups(layouts[0].offsets.back(), 70), 1);
  expect_matches_reference(layouts);
}

TEST(SelectiveScan, ExtremeArgumentsMatchReference) {
  test::for_each_simd_target([] {
    auto expected = test::extreme_selective_scan_case<double>();
    auto actual = test::extreme_selective_scan_case<float>();
    kernels::reference::selective_scan(expected.forward());
    kernels::selective_scan(kernels::Cpu{}, actual.forward());
    test::expect_close(actual.y, expected.y, 3e-6, "y");
    test::expect_close(actual.final_state, expected.final_state, 3e-6, "final_state");
  });
}

TEST(SelectiveScan, NotANumberReachesTheOutput) {
  for (const int which : {0, 1, 2}) {
    SelectiveScanCase<float> c({0, 3}, 5, 16);
    (which == 0 ? c.delta : which == 1 ? c.x : c.a_log)[0] = std::nanf("");
    kernels::selective_scan(kernels::Cpu{}, c.forward());
    EXPECT_TRUE(std::isnan(c.y[0])) << which;
    EXPECT_TRUE(std::isnan(c.y[10])) << which;
    EXPECT_FALSE(std::isnan(c.y[1])) << which;
  }
}

TEST(SelectiveScan, SplitAnywhereIsBitwiseTheSame) {
  constexpr std::int64_t length = 150, channels = 21, states = 16;
  SelectiveScanCase<float> whole({0, length}, channels, states);
  kernels::selective_scan(kernels::Cpu{}, whole.forward());
  for (const std::int64_t piece : {1, 7, 64, 100}) {
    std::vector<float> y, state = whole.state;
    for (std::int64_t begin = 0; begin < length; begin += piece) {
      SelectiveScanCase<float> part({0, std::min(piece, length - begin)}, channels, states);
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
  const test::Offsets offsets = {0, 70, 75, 300};
  set_thread_count(1);
  SelectiveScanCase<float> one(offsets, 150, 16);
  kernels::selective_scan(kernels::Cpu{}, one.forward());
  set_thread_count(3);
  SelectiveScanCase<float> three(offsets, 150, 16);
  kernels::selective_scan(kernels::Cpu{}, three.forward());
  set_thread_count(threads);
  EXPECT_EQ(one.y, three.y);
  EXPECT_EQ(one.final_state, three.final_state);
}

}  // namespace
}  // namespace sequent
