#include "sequent/kernels/dropout.h"

#include <gtest/gtest.h>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/dropout.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(Dropout, MatchesReferenceBitForBitOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t count : {0, 1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 1001}) {
      for (const float rate : {0.1f, 0.5f, 0.999f}) {
        const auto x = test::to_float(test::random_values(count, "x"));
        std::vector<float> expected(x.size()), actual(x.size());
        kernels::Dropout<float> args{.x = x.data(),
                                     .y = expected.data(),
                                     .count = count,
                                     .rate = rate,
                                     .seed = 0x123456789abcdefull,
                                     .stream = 0xfedcba9876543210ull};
        kernels::reference::dropout(args);
        args.y = actual.data();
        kernels::dropout(kernels::Cpu{}, args);
        EXPECT_EQ(actual, expected) << count << " at " << rate;
      }
    }
  });
}

TEST(Dropout, DoesNotDependOnThreads) {
  const std::vector<float> ones(100'003, 1.0f);
  const auto mask = [&](int count) {
    const int threads = thread_count();
    set_thread_count(count);
    std::vector<float> y(ones.size());
    kernels::dropout(kernels::Cpu{}, {.x = ones.data(),
                                      .y = y.data(),
                                      .count = static_cast<std::int64_t>(y.size()),
                                      .rate = 0.3f,
                                      .seed = 1,
                                      .stream = 2});
    set_thread_count(threads);
    return y;
  };
  const std::vector<float> expected = mask(1);
  EXPECT_EQ(expected, mask(2));
  EXPECT_EQ(expected, mask(3));
  // The share that is kept: 0.7 with a standard deviation of 0.00145.
  const auto kept = std::count_if(expected.begin(), expected.end(), [](float y) { return y != 0; });
  EXPECT_NEAR(static_cast<double>(kept) / static_cast<double>(ones.size()), 0.7, 0.006);
}

}  // namespace
}  // namespace sequent
