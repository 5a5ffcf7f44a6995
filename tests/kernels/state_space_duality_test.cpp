#include "sequent/kernels/state_space_duality.h"

#include <gtest/gtest.h>

#include "sequent/kernels/reference/state_space_duality.h"
#include "tests/kernels/state_space_duality_case.h"
#include "tests/support/simd_targets.h"

namespace sequent {
namespace {

using test::DualityCase;
using test::DualityLayout;

void expect_matches_reference(const std::vector<DualityLayout>& layouts) {
  for (const DualityLayout& layout : layouts) {
    SCOPED_TRACE(layout.text());
    DualityCase<double> expected(layout);
    DualityCase<float> actual(layout);
    kernels::reference::state_space_duality(expected.forward());
    kernels::state_space_duality(kernels::Cpu{}, actual.forward());
    test::expect_close(actual.y, expected.y, 3e-6, "y", 1.0);
    test::expect_close(actual.final_state, expected.final_state, 3e-6, "final_state", 1.0);
  }
}

TEST(StateSpaceDuality, MatchesReferenceOnEveryTargetAndWidth) {
  test::for_each_simd_target([] { expect_matches_reference(test::duality_layouts_of_every_width()); });
}

TEST(StateSpaceDuality, MatchesReferenceAcrossChunks) {
  test::for_each_simd_target([] { expect_matches_reference(test::duality_layouts_across_chunks()); });
}

TEST(StateSpaceDuality, MatchesReferenceOnManySequences) {
  expect_matches_reference(test::duality_layouts_of_many_sequences());
}

TEST(StateSpaceDuality, AnyDecayMatchesTheRecurrenceOverALongSequence) {
  for (const double loss : test::kDualityLosses) {
    SCOPED_TRACE(loss);
    DualityCase<double> expected(test::duality_layout_long(loss));
    DualityCase<float> actual(test::duality_layout_long(loss));
    kernels::reference::state_space_duality(expected.forward());
    kernels::state_space_duality(kernels::Cpu{}, actual.forward());
    test::expect_close(actual.y, expected.y, 3e-6, "y");
    test::expect_close(actual.final_state, expected.final_state, 3e-6, "final_state");
  }
}

TEST(StateSpaceDuality, SequencesBeyond65536TokensMatchTheRecurrence) {
  const DualityLayout layout{{0, 70001}, 1, 1, 3, 2};
  DualityCase<double> expected(layout);
  DualityCase<float> actual(layout);
  kernels::reference::state_space_duality(expected.forward());
  kernels::state_space_duality(kernels::Cpu{}, actual.forward());
  test::expect_close(actual.y, expected.y, 3e-6, "y");
  test::expect_close(actual.final_state, expected.final_state, 3e-6, "final_state");
}

// A step of 0 is a token that is not there; a step of many is one that forgets everything before it.
TEST(StateSpaceDuality, StepsOfNothingAndOfEverything) {
  DualityCase<float> c({{0, 100}, 1, 1, 3, 2});
  for (float& delta : c.delta) delta = 0;
  c.delta[40] = 1e6f;
  kernels::state_space_duality(kernels::Cpu{}, c.forward());
  for (std::int64_t s = 0; s < 2; ++s) {
    for (std::int64_t p = 0; p < 3; ++p) {
      EXPECT_EQ(c.final_state[s * 3 + p], c.x[40 * 3 + p] * 1e6f * c.b[40 * 2 + s]);
    }
  }
}

// With more threads than heads the columns of a head are shared out.
TEST(StateSpaceDuality, ThreadsDoNotChangeAnything) {
  const int threads = thread_count();
  const std::vector<DualityLayout> layouts = {
      {{0, 130, 135, 300}, 6, 2, 20, 16}, {{0, 200}, 1, 1, 80, 24}, {{0, 1}, 2, 1, 70, 700}};
  for (const DualityLayout& layout : layouts) {
    SCOPED_TRACE(layout.text());
    set_thread_count(1);
    DualityCase<float> one(layout);
    kernels::state_space_duality(kernels::Cpu{}, one.forward());
    for (const int count : {2, 5}) {
      set_thread_count(count);
      DualityCase<float> many(layout);
      kernels::state_space_duality(kernels::Cpu{}, many.forward());
      EXPECT_EQ(one.y, many.y);
      EXPECT_EQ(one.final_state, many.final_state);
    }
    set_thread_count(threads);
  }
}

TEST(StateSpaceDuality, NotANumberReachesLaterTokensOfItsSequenceAlone) {
  for (const int which : {0, 1, 2, 3}) {
    SCOPED_TRACE(which);
    DualityCase<float> c({{0, 100, 200, 201}, 2, 1, 3, 2});
    // Token 130, head 1 where there is one.
    (which == 0   ? c.x[130 * 6 + 3]
     : which == 1 ? c.b[130 * 2]
     : which == 2 ? c.delta[130 * 2 + 1]
                  : c.state[c.state.size() / 3 + 6]) = std::nanf("");
    kernels::state_space_duality(kernels::Cpu{}, c.forward());
    EXPECT_TRUE(std::isnan(c.y[199 * 6 + 3]));
    for (const std::int64_t t : {0, 99, 200}) EXPECT_FALSE(std::isnan(c.y[t * 6 + 3])) << t;
  }
}

}  // namespace
}  // namespace sequent
