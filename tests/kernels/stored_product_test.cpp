#include "sequent/kernels/stored_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/stored_product.h"
#include "sequent/tensor/tensor.h"
#include "tests/support/files.h"
#include "tests/support/simd_targets.h"
#include "tests/support/stored_weights.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr DType kPlain[] = {DType::f16, DType::bf16};
constexpr DType kBlocks[] = {DType::q8_0, DType::q4_0, DType::q4_k, DType::q5_k, DType::q6_k};

struct Case : test::StoredProductCase {
  std::vector<float> product(float beta) const {
    std::vector<float> result = c;
    std::vector<float> scratch(static_cast<std::size_t>(kernels::stored_product_scratch(type, rows, inner)));
    auto args = arguments(beta, result.data());
    args.scratch = scratch.data();
    kernels::stored_product(kernels::Cpu{}, args);
    return result;
  }
};

void expect_product(const Case& given) {
  SCOPED_TRACE(testing::Message() << name_of(given.type) << ' ' << given.rows << " x " << given.columns << " x "
                                  << given.inner);
  for (const float beta : {0.0f, 0.5f}) {
    std::vector<float> expected = given.c;
    kernels::reference::stored_product(given.arguments(beta, expected.data()));
    // Rounding of `inner` products.
    const double tolerance = 1e-6 * std::sqrt(static_cast<double>(given.inner) + 1.0);
    test::expect_close(given.product(beta), expected, tolerance, "c", 1.0);
  }
}

TEST(StoredProduct, MatchesReferenceOnEveryTarget) {
  test::for_each_simd_target([] {
    for (const std::int64_t rows : {1, 2, 3, 8, 9}) {
      for (const std::int64_t columns : {1, 3, 4, 5, 17}) {
        for (const std::int64_t inner : {0, 1, 7, 15, 16, 17, 33, 64}) {
          for (const DType type : kPlain) expect_product(Case{{type, rows, columns, inner}});
        }
        for (const std::int64_t blocks : {1, 2, 3}) {
          for (const DType type : kBlocks)
            expect_product(Case{{type, rows, columns, blocks * block_of(type).elements}});
        }
      }
    }
  });
}

// Several panels, cut between threads.
TEST(StoredProduct, MatchesReferenceWithManyPanels) {
  for (const DType type : {DType::bf16, DType::q8_0, DType::q4_k}) {
    for (const std::int64_t rows : {1, 5, 70}) expect_product(Case{{type, rows, 389, 256}});
  }
}

TEST(StoredProduct, FewRowsDoNotDependOnThreads) {
  const auto with = [](const Case& given, int count) {
    const int threads = thread_count();
    set_thread_count(count);
    const auto result = given.product(0);
    set_thread_count(threads);
    return result;
  };
  for (const DType type : {DType::f16, DType::q8_0, DType::q4_0, DType::q4_k}) {
    for (const std::int64_t rows : {1, 4}) {
      const Case given{{type, rows, 1003, 512}};
      EXPECT_EQ(with(given, 1), with(given, 2)) << name_of(type) << rows;
      EXPECT_EQ(with(given, 1), with(given, 3)) << name_of(type) << rows;
    }
  }
}

TEST(StoredProduct, BetaZeroNeverReadsC) {
  for (const std::int64_t rows : {1, 4, 16}) {
    Case given{{DType::q8_0, rows, 9, 32}};
    std::fill(given.c.begin(), given.c.end(), std::numeric_limits<float>::quiet_NaN());
    for (const float value : given.product(0)) EXPECT_FALSE(std::isnan(value)) << rows;
  }
}

TEST(StoredProduct, TakesNoRowsAndNoColumns) {
  EXPECT_TRUE((Case{{DType::q8_0, 0, 3, 32}}.product(0).empty()));
  EXPECT_TRUE((Case{{DType::q8_0, 3, 0, 32}}.product(0).empty()));
}

TEST(StoredProduct, RefusesRowsThatAreNoWholeBlocks) {
  const std::vector<float> a(48);
  EXPECT_EQ(
      test::error_of([&] {
        kernels::stored_product(
            kernels::Cpu{},
            {.a = a.data(), .type = DType::q4_0, .w = a.data(), .c = nullptr, .rows = 1, .columns = 1, .inner = 48});
      }),
      "stored product: rows of q4_0 must be a multiple of 32, got 48");
}

}  // namespace
}  // namespace sequent
