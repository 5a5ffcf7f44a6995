// Runs a test body once for every SIMD target that was compiled and that this processor has.
#pragma once

#include <gtest/gtest.h>
#include <hwy/targets.h>

namespace sequent::test {

template <class Body>
void for_each_simd_target(Body&& body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace sequent::test
