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

}  // namespace
}  // namespace sequent
