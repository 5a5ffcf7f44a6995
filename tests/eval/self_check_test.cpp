#include "sequent/eval/self_check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/simd_targets.h"

namespace sequent {
namespace {

TEST(SelfCheck, PassesHereOnEveryTarget) {
  test::for_each_simd_target([] {
    const std::vector<SelfCheck> checks = self_checks();
    EXPECT_EQ(checks.size(), 2u);
    for (const SelfCheck& check : checks) EXPECT_TRUE(check.passed()) << check.what << ": " << check.error;
  });
}

TEST(SelfCheck, NaNAndLargeErrorsFail) {
  EXPECT_FALSE((SelfCheck{"x", std::nan(""), 1e-5}.passed()));
  EXPECT_FALSE((SelfCheck{"x", 1e-3, 1e-5}.passed()));
}

}  // namespace
}  // namespace sequent
