// The backward pass of kernels/selective_scan.h.
#include <gtest/gtest.h>

#include <tuple>

#include "sequent/kernels/reference/selective_scan.h"
#include "tests/kernels/selective_scan_case.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"

namespace sequent {
namespace {

using test::SelectiveScanCase;

TEST(SelectiveScanReference, GradientMatchesCentralDifferences) {
  SelectiveScanCase<double> c({0, 3, 4, 9}, 3, 2);
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

void expect_matches_reference(const std::vector<test::SelectiveScanLayout>& layouts) {
  for (const test::SelectiveScanLayout& layout : layouts) {
    SCOPED_TRACE(layout.text());
    auto expected = layout.make<double>();
    auto actual = layout.make<float>();
    kernels::reference::selective_scan(expected.forward());
    kernels::selective_scan(kernels::Cpu{}, actual.forward());
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
}

TEST(SelectiveScanBackward, MatchesReferenceOnEveryTargetAndWidth) {
  test::for_each_simd_target([] { expect_matches_reference(test::selective_scan_layouts_of_every_width()); });
}

TEST(SelectiveScanBackward, MatchesReferenceAcrossChunks) {
  test::for_each_simd_target([] { expect_matches_reference(test::selective_scan_layouts_across_chunks()); });
}

TEST(SelectiveScanBackward, MatchesReferenceOnManySequences) {
  expect_matches_reference(test::selective_scan_layouts_of_many_sequences());
}

TEST(SelectiveScanBackward, ExtremeArgumentsMatchReference) {
  test::for_each_simd_target([] {
    auto expected = test::extreme_selective_scan_case<double>();
    auto actual = test::extreme_selective_scan_case<float>();
    kernels::reference::selective_scan(expected.forward());
    kernels::selective_scan(kernels::Cpu{}, actual.forward());
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

TEST(SelectiveScanBackward, ThreadsDoNotChangeAnything) {
  const int threads = thread_count();
  const test::Offsets offsets = {0, 70, 75, 300};
  set_thread_count(1);
  SelectiveScanCase<float> one(offsets, 150, 16);
  kernels::selective_scan(kernels::Cpu{}, one.forward());
  kernels::selective_scan(kernels::Cpu{}, one.backward());
  set_thread_count(3);
  SelectiveScanCase<float> three(offsets, 150, 16);
  kernels::selective_scan(kernels::Cpu{}, three.forward());
  kernels::selective_scan(kernels::Cpu{}, three.backward());
  set_thread_count(threads);
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

TEST(SelectiveScanBackward, PartialSumsStayOfTheOrderOfTheInputs) {
  for (const std::int64_t channels : {64, 256, 1536, 8192}) {
    for (const std::int64_t states : {1, 16, 64, 128, 256}) {
      const std::int64_t tokens = 4096, pieces = kernels::selective_scan_pieces(channels, states);
      EXPECT_LE(pieces * tokens * 2 * states, 2 * tokens * (channels + states)) << channels << " " << states;
    }
  }
}

}  // namespace
}  // namespace sequent
