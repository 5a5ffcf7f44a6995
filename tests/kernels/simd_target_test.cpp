#include "sequent/kernels/simd_target.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

namespace {

TEST(SimdTarget, TheOneInUseComesFirst) {
  const std::vector<std::string> targets = sequent::kernels::simd_targets();
  ASSERT_FALSE(targets.empty());
  // Highway numbers better targets lower.
  const std::int64_t usable = hwy::SupportedTargets() & HWY_TARGETS;
  EXPECT_EQ(targets.front(), hwy::TargetName(usable & -usable));
}

}  // namespace
