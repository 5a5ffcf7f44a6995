#include "sequent/base/permutation.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/files.h"

namespace sequent {
namespace {

TEST(Permutation, VisitsEveryElementOnce) {
  for (const std::int64_t size : {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1000, 4096, 4097}) {
    for (const std::uint64_t seed : {0, 1, 12345}) {
      const Permutation permutation(size, seed);
      std::vector<bool> seen(static_cast<std::size_t>(size), false);
      for (std::int64_t i = 0; i < size; ++i) {
        const std::int64_t image = permutation(i);
        ASSERT_GE(image, 0);
        ASSERT_LT(image, size);
        ASSERT_FALSE(seen[static_cast<std::size_t>(image)]) << size;
        seen[static_cast<std::size_t>(image)] = true;
      }
    }
  }
}

TEST(Permutation, LooksRandom) {
  // A random permutation of n has on average one fixed point and n / 3 mean displacement.
  constexpr std::int64_t kSize = 3000;
  const Permutation permutation(kSize, 5), other(kSize, 6);
  double displacement = 0;
  std::int64_t fixed = 0, equal = 0;
  for (std::int64_t i = 0; i < kSize; ++i) {
    displacement += static_cast<double>(std::abs(permutation(i) - i)) / kSize;
    fixed += permutation(i) == i;
    equal += permutation(i) == other(i);
  }
  EXPECT_NEAR(displacement / kSize, 1.0 / 3, 0.02);
  EXPECT_LT(fixed, 8);
  EXPECT_LT(equal, 8);
}

TEST(Permutation, NamesAnEmptySize) {
  EXPECT_EQ(test::error_of([] { Permutation(0, 1); }), "permutation: the size must be at least 1, got 0");
}

}  // namespace
}  // namespace sequent
