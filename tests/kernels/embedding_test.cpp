#include "sequent/kernels/embedding.h"

#include <gtest/gtest.h>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/embedding.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

// Ids with many repetitions, which is where a scatter goes wrong.
std::vector<std::int32_t> some_ids(std::int64_t tokens, std::int32_t vocabulary) {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(tokens));
  const Random random(3, 5);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ids[i] = static_cast<std::int32_t>(random.below(i, static_cast<std::uint64_t>(vocabulary)));
  }
  return ids;
}

TEST(EmbeddingReference, GradientMatchesCentralDifferences) {
  const auto ids = some_ids(7, 4);
  auto table = test::random_values(4 * 3, "table");
  const auto dy = test::random_values(7 * 3, "dy");
  std::vector<double> y(dy.size()), dtable(table.size());
  const auto loss = [&] {
    kernels::reference::embedding<double>(kernels::EmbeddingForward<double>{ids.data(), table.data(), y.data(), 7, 3});
    return test::weighted_sum(y, dy);
  };
  kernels::reference::embedding<double>(kernels::EmbeddingBackward<double>{ids.data(), dy.data(), dtable.data(), 7, 3});
  test::expect_gradient(table, dtable, loss, "dtable");
}

TEST(Embedding, MatchesReferenceOnEveryTargetAndWidth) {
  test::for_each_simd_target([] {
    for (const std::int64_t width : {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 100}) {
      for (const std::int64_t tokens : {0, 1, 40}) {
        const auto ids = some_ids(tokens, 6);
        const auto table = test::to_float(test::random_values(6 * width, "table"));
        const auto dy = test::to_float(test::random_values(tokens * width, "dy"));
        std::vector<float> y(dy.size()), y_expected(dy.size()), dtable = table, dtable_expected = table;
        kernels::EmbeddingForward<float> forward{ids.data(), table.data(), y_expected.data(), tokens, width};
        kernels::EmbeddingBackward<float> backward{ids.data(), dy.data(), dtable_expected.data(), tokens, width};
        kernels::reference::embedding(forward);
        kernels::reference::embedding(backward);
        forward.y = y.data();
        backward.dtable = dtable.data();
        kernels::embedding(kernels::Cpu{}, forward);
        kernels::embedding(kernels::Cpu{}, backward);
        // The same sums in the same order: equal to the last bit.
        EXPECT_EQ(y, y_expected) << tokens << " x " << width;
        EXPECT_EQ(dtable, dtable_expected) << tokens << " x " << width;
      }
    }
  });
}

TEST(Embedding, GradientDoesNotDependOnThreads) {
  const std::int64_t tokens = 2000, width = 120;
  const auto ids = some_ids(tokens, 50);
  const auto dy = test::to_float(test::random_values(tokens * width, "dy"));
  const auto gradient = [&](int count) {
    const int threads = thread_count();
    set_thread_count(count);
    std::vector<float> dtable(50 * width);
    kernels::embedding(kernels::Cpu{},
                       kernels::EmbeddingBackward<float>{ids.data(), dy.data(), dtable.data(), tokens, width});
    set_thread_count(threads);
    return dtable;
  };
  EXPECT_EQ(gradient(1), gradient(2));
  EXPECT_EQ(gradient(1), gradient(3));
}

}  // namespace
}  // namespace sequent
