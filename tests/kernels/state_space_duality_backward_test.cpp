// The backward pass of kernels/state_space_duality.h.
#include <gtest/gtest.h>

#include "sequent/kernels/reference/state_space_duality.h"
#include "tests/kernels/state_space_duality_case.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"

namespace sequent {
namespace {

using test::DualityCase;
using test::DualityLayout;

TEST(StateSpaceDualityReference, GradientMatchesCentralDifferences) {
  for (const auto skip : {DualityLayout::Skip::per_head, DualityLayout::Skip::per_channel}) {
    DualityCase<double> c({{0, 3, 4, 9}, 4, 2, 3, 2, true, true, skip});
    const auto loss = [&] {
      kernels::reference::state_space_duality(c.forward());
      return test::weighted_sum(c.y, c.dy) + test::weighted_sum(c.final_state, c.dfinal_state);
    };
    loss();
    kernels::reference::state_space_duality(c.backward());
    test::expect_gradient(c.x, c.dx, loss, "dx");
    test::expect_gradient(c.b, c.db, loss, "db");
    test::expect_gradient(c.c, c.dc, loss, "dc");
    test::expect_gradient(c.delta, c.ddelta, loss, "ddelta");
    test::expect_gradient(c.rate, c.drate, loss, "drate");
    test::expect_gradient(c.skip, c.dskip, loss, "dskip");
    test::expect_gradient(c.state, c.dstate, loss, "dstate");
  }
}

void expect_matches_reference(const std::vector<DualityLayout>& layouts) {
  for (const DualityLayout& layout : layouts) {
    SCOPED_TRACE(layout.text());
    DualityCase<double> expected(layout);
    DualityCase<float> actual(layout);
    kernels::reference::state_space_duality(expected.forward());
    kernels::state_space_duality(kernels::Cpu{}, actual.forward());
    kernels::reference::state_space_duality(expected.backward());
    kernels::state_space_duality(kernels::Cpu{}, actual.backward());
    test::expect_close(actual.dx, expected.dx, 3e-6, "dx", 1.0);
    test::expect_close(actual.db, expected.db, 3e-6, "db", 1.0);
    test::expect_close(actual.dc, expected.dc, 3e-6, "dc", 1.0);
    test::expect_close(actual.ddelta, expected.ddelta, 5e-6, "ddelta", 1.0);
    test::expect_close(actual.drate, expected.drate, 5e-6, "drate", 10.0);
    test::expect_close(actual.dskip, expected.dskip, 5e-6, "dskip", 1.0);
    test::expect_close(actual.dstate, expected.dstate, 3e-6, "dstate", 1.0);
  }
}

TEST(StateSpaceDualityBackward, MatchesReferenceOnEveryTargetAndWidth) {
  test::for_each_simd_target([] { expect_matches_reference(test::duality_layouts_of_every_width()); });
}

TEST(StateSpaceDualityBackward, MatchesReferenceAcrossChunks) {
  test::for_each_simd_target([] { expect_matches_reference(test::duality_layouts_across_chunks()); });
}

TEST(StateSpaceDualityBackward, MatchesReferenceOnManySequences) {
  expect_matches_reference(test::duality_layouts_of_many_sequences());
}

TEST(StateSpaceDualityBackward, AnyDecayMatchesTheRecurrenceOverALongSequence) {
  for (const double loss : test::kDualityLosses) {
    SCOPED_TRACE(loss);
    auto layout = test::duality_layout_long(loss);
    layout.with_delta = true;
    expect_matches_reference({layout});
  }
}

TEST(StateSpaceDualityBackward, ThreadsDoNotChangeAnything) {
  const int threads = thread_count();
  for (const DualityLayout& layout :
       {DualityLayout{{0, 130, 135, 300}, 6, 2, 20, 16}, DualityLayout{{0, 200}, 9, 1, 33, 24}}) {
    SCOPED_TRACE(layout.text());
    set_thread_count(1);
    DualityCase<float> one(layout);
    kernels::state_space_duality(kernels::Cpu{}, one.forward());
    kernels::state_space_duality(kernels::Cpu{}, one.backward());
    set_thread_count(3);
    DualityCase<float> three(layout);
    kernels::state_space_duality(kernels::Cpu{}, three.forward());
    kernels::state_space_duality(kernels::Cpu{}, three.backward());
    set_thread_count(threads);
    EXPECT_EQ(one.dx, three.dx);
    EXPECT_EQ(one.db, three.db);
    EXPECT_EQ(one.dc, three.dc);
    EXPECT_EQ(one.ddelta, three.ddelta);
    EXPECT_EQ(one.drate, three.drate);
    EXPECT_EQ(one.dskip, three.dskip);
    EXPECT_EQ(one.dstate, three.dstate);
  }
}

}  // namespace
}  // namespace sequent
