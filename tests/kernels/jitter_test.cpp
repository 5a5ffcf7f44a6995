#include "sequent/kernels/jitter.h"

#include <gtest/gtest.h>

#include "sequent/kernels/reference/jitter.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

template <class Real>
std::vector<Real> jittered(const std::vector<Real>& x, float size) {
  std::vector<Real> y(x.size());
  const kernels::Jitter<Real> args{.x = x.data(),
                                   .y = y.data(),
                                   .count = static_cast<std::int64_t>(x.size()),
                                   .size = size,
                                   .seed = 0x123456789abcdefull,
                                   .stream = 0xfedcba9876543210ull};
  if constexpr (std::is_same_v<Real, float>) {
    kernels::jitter(kernels::Cpu{}, args);
  } else {
    kernels::reference::jitter(args);
  }
  return y;
}

TEST(Jitter, MatchesReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t count : {0, 1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 9001}) {
      const auto x = test::random_values(count, "x");
      test::expect_close(jittered(test::to_float(x), 0.25f), jittered(x, 0.25f), 2e-7, "y");
    }
  });
}

TEST(Jitter, StaysInItsBoundsAndFillsThem) {
  const std::vector<float> y = jittered(std::vector<float>(100'000, 1.0f), 0.01f);
  const auto [low, high] = std::minmax_element(y.begin(), y.end());
  EXPECT_GE(*low, 0.99f);
  EXPECT_LE(*high, 1.01f);  // rounding may reach the open end
  EXPECT_LT(*low, 0.99001f);
  EXPECT_GT(*high, 1.00999f);
  double sum = 0;
  for (const float value : y) sum += value;
  // The mean of 100,000 draws has a standard deviation of 0.01 / sqrt(3 * 100,000).
  EXPECT_NEAR(sum / 100'000, 1.0, 5 * 0.01 / std::sqrt(3e5));
}

}  // namespace
}  // namespace sequent
