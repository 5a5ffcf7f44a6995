#include "sequent/kernels/cross_entropy.h"

#include <gtest/gtest.h>

#include <limits>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/cross_entropy.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

// Targets all over the columns; every fourth row is not counted.
std::vector<std::int32_t> some_targets(std::int64_t rows, std::int64_t columns) {
  std::vector<std::int32_t> targets;
  for (std::int64_t r = 0; r < rows; ++r)
    targets.push_back(static_cast<std::int32_t>(r % 4 == 3 ? -1 : r * 7 % columns));
  return targets;
}

TEST(CrossEntropyReference, GradientMatchesCentralDifferences) {
  constexpr std::int64_t kRows = 5, kColumns = 6;
  const auto targets = some_targets(kRows, kColumns);
  auto logits = test::random_values(kRows * kColumns, "logits", 2.0);
  std::vector<double> losses(kRows), dlogits(logits.size());
  kernels::CrossEntropy<double> args{.logits = logits.data(),
                                     .targets = targets.data(),
                                     .losses = losses.data(),
                                     .dlogits = dlogits.data(),
                                     .scale = 0.25,
                                     .rows = kRows,
                                     .columns = kColumns};
  kernels::reference::cross_entropy(args);
  args.dlogits = nullptr;
  const auto loss = [&] {
    kernels::reference::cross_entropy(args);
    return 0.25 * test::weighted_sum(losses, std::vector<double>(kRows, 1.0));
  };
  test::expect_gradient(logits, dlogits, loss, "dlogits");
}

TEST(CrossEntropy, MatchesReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t columns : {1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 64, 1000}) {
      for (const std::int64_t rows : {0, 1, 6}) {
        SCOPED_TRACE(testing::Message() << rows << " x " << columns);
        const auto targets = some_targets(rows, columns);
        const auto logits = test::random_values(rows * columns, "logits", 3.0);
        const auto logits_float = test::to_float(logits);
        std::vector<double> losses(rows), dlogits(logits.size());
        std::vector<float> losses_float(rows), dlogits_float(logits.size()), in_place = logits_float;
        kernels::reference::cross_entropy<double>(
            {logits.data(), targets.data(), losses.data(), dlogits.data(), 0.5, rows, columns});
        kernels::CrossEntropy<float> args{
            logits_float.data(), targets.data(), losses_float.data(), nullptr, 0.5f, rows, columns};
        kernels::cross_entropy(kernels::Cpu{}, args);
        test::expect_close(losses_float, losses, 1e-6, "losses", 1.0);
        losses_float.assign(losses_float.size(), -1.0f);
        args.dlogits = dlogits_float.data();
        kernels::cross_entropy(kernels::Cpu{}, args);
        test::expect_close(losses_float, losses, 1e-6, "losses", 1.0);
        test::expect_close(dlogits_float, dlogits, 1e-6, "dlogits", 0.5);
        args.logits = in_place.data();
        args.dlogits = in_place.data();
        kernels::cross_entropy(kernels::Cpu{}, args);
        EXPECT_EQ(in_place, dlogits_float);
      }
    }
  });
}

TEST(CrossEntropy, IsStableForLogitsOfAnySize) {
  test::for_each_simd_target([] {
    constexpr std::int64_t kColumns = 19;
    for (const double offset : {-1e4, 0.0, 1e4}) {
      for (const double spread : {1.0, 1e4}) {
        SCOPED_TRACE(testing::Message() << offset << " +- " << spread);
        auto logits = test::random_values(4 * kColumns, "logits", spread);
        for (double& logit : logits) logit = static_cast<float>(logit + offset);
        const auto targets = some_targets(4, kColumns);
        const auto logits_float = test::to_float(logits);
        std::vector<double> losses(4), dlogits(logits.size());
        std::vector<float> losses_float(4), dlogits_float(logits.size());
        kernels::reference::cross_entropy<double>(
            {logits.data(), targets.data(), losses.data(), dlogits.data(), 1.0, 4, kColumns});
        kernels::cross_entropy(kernels::Cpu{}, {logits_float.data(), targets.data(), losses_float.data(),
                                                dlogits_float.data(), 1.0f, 4, kColumns});
        test::expect_close(losses_float, losses, 1e-6, "losses");
        test::expect_close(dlogits_float, dlogits, 1e-6, "dlogits");
      }
    }
  });
}

TEST(CrossEntropy, LetsNaNAndInfinityBeSeen) {
  test::for_each_simd_target([] {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      for (const std::size_t at : {0u, 5u, 16u, 18u}) {
        std::vector<float> logits(19, 1.0f);
        logits[at] = bad;
        const std::int32_t target = 3;
        float loss = 0;
        kernels::cross_entropy(kernels::Cpu{}, {logits.data(), &target, &loss, nullptr, 1.0f, 1, 19});
        EXPECT_FALSE(std::isfinite(loss)) << bad << " at " << at;
      }
    }
  });
}

TEST(CrossEntropy, DoesNotDependOnThreads) {
  const std::int64_t rows = 300, columns = 101;
  const auto logits = test::to_float(test::random_values(rows * columns, "logits"));
  const auto targets = some_targets(rows, columns);
  const auto results = [&](int count) {
    const int threads = thread_count();
    set_thread_count(count);
    std::vector<float> all(logits.size() + rows);
    kernels::cross_entropy(
        kernels::Cpu{}, {logits.data(), targets.data(), all.data() + logits.size(), all.data(), 0.1f, rows, columns});
    set_thread_count(threads);
    return all;
  };
  EXPECT_EQ(results(1), results(2));
  EXPECT_EQ(results(1), results(3));
}

}  // namespace
}  // namespace sequent
