#include "sequent/kernels/retention_row_sums.h"

#include <gtest/gtest.h>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/retention_row_sums.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

template <class Real>
struct Case {
  std::vector<Real> q, k, rate, sums, scratch;
  std::vector<std::int64_t> offsets;
  std::int64_t heads, width;

  Case(std::vector<std::int64_t> offsets_, std::int64_t heads_, std::int64_t width_)
      : offsets(std::move(offsets_)), heads(heads_), width(width_) {
    const std::vector<double> q_values = test::random_values(offsets.back() * heads * width, "q");
    const std::vector<double> k_values = test::random_values(offsets.back() * heads * width, "k");
    q.assign(q_values.begin(), q_values.end());
    k.assign(k_values.begin(), k_values.end());
    for (std::int64_t h = 0; h < heads; ++h) {
      rate.push_back(static_cast<float>(std::log1p(-std::exp2(-5.0 - static_cast<double>(h)))));
    }
    sums.assign(static_cast<std::size_t>(offsets.back() * heads), Real(-1));
    scratch.resize(static_cast<std::size_t>(thread_count() * kernels::retention_row_sums_scratch(width)));
  }
  kernels::RetentionRowSums<Real> args() {
    return {.q = q.data(),
            .k = k.data(),
            .rate = rate.data(),
            .sums = sums.data(),
            .offsets = offsets.data(),
            .sequences = static_cast<std::int64_t>(offsets.size()) - 1,
            .heads = heads,
            .width = width,
            .workers = thread_count(),
            .scratch = scratch.data()};
  }
};

void expect_reference(const std::vector<std::int64_t>& offsets, std::int64_t heads, std::int64_t width) {
  SCOPED_TRACE(testing::Message() << "tokens " << offsets.back() << ", heads " << heads << ", width " << width);
  Case<double> expected(offsets, heads, width);
  Case<float> actual(offsets, heads, width);
  kernels::reference::retention_row_sums(expected.args());
  kernels::retention_row_sums(kernels::Cpu{}, actual.args());
  test::expect_close(actual.sums, expected.sums, 1e-6, "sums");
}

TEST(RetentionRowSums, MatchReferenceOnEveryTargetAndWidth) {
  test::for_each_simd_target([] {
    for (const std::int64_t width : {1, 2, 7, 8, 15, 16, 17, 32, 64, 80}) {
      expect_reference({0, 1, 8, 11, 11, 46}, 3, width);
    }
  });
}

TEST(RetentionRowSums, MatchReferenceAcrossTiles) {
  constexpr std::int64_t T = kernels::kRetentionRowSumsTile;
  test::for_each_simd_target([] {
    // Sequences that end in the middle, at the end and just past a tile; several and none within one.
    expect_reference({0, T - 1, 2 * T, 4 * T + 1, 4 * T + 2, 4 * T + 2, 7 * T + 5}, 5, 6);
    for (const std::int64_t length : {T - 1, T, T + 1, 5 * T + 3}) expect_reference({0, length}, 2, 12);
  });
}

// Distances of which exp(rate distance) is below the smallest float, and factors that tiles multiply up.
TEST(RetentionRowSums, LongSequencesLoseNothing) {
  expect_reference({0, 4000}, 2, 4);
}

TEST(RetentionRowSums, AcceptNoTokensAndNoSequences) {
  expect_reference({0}, 2, 4);
  expect_reference({0, 0, 0}, 2, 4);
}

TEST(RetentionRowSums, DoNotDependOnThreads) {
  const auto sums = [](int count) {
    const int threads = thread_count();
    set_thread_count(count);
    Case<float> c({0, 100, 700}, 3, 16);
    kernels::retention_row_sums(kernels::Cpu{}, c.args());
    set_thread_count(threads);
    return c.sums;
  };
  EXPECT_EQ(sums(1), sums(2));
  EXPECT_EQ(sums(1), sums(3));
}

}  // namespace
}  // namespace sequent
