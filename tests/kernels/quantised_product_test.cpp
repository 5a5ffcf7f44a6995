#include "sequent/kernels/quantised_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/quantisation.h"
#include "sequent/kernels/reference/stored_product.h"
#include "tests/support/simd_targets.h"
#include "tests/support/stored_weights.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr DType kTypes[] = {DType::q8_0, DType::q4_0, DType::q4_k, DType::q5_k, DType::q6_k};

struct Case : test::StoredProductCase {
  std::vector<float> product(float beta = 0) const {
    std::vector<float> result = c;
    std::vector<float> scratch(static_cast<std::size_t>(kernels::quantised_product_scratch(rows, inner)));
    kernels::StoredProduct args = arguments(beta, result.data());
    args.scratch = scratch.data();
    kernels::quantised_product(kernels::Cpu{}, args);
    return result;
  }
  std::vector<float> expected(float beta = 0) const {
    std::vector<float> result = c;
    kernels::reference::stored_product(arguments(beta, result.data()));
    return result;
  }
};

// The levels without what q4_k and q5_k subtract from them: w = level - minimum.
std::vector<float> levels_of(const Case& given) {
  const auto dequantised = [&](const std::vector<std::uint8_t>& bytes) {
    std::vector<float> values(static_cast<std::size_t>(given.columns * given.inner));
    kernels::reference::dequantise(
        {.type = given.type, .from = bytes.data(), .to = values.data(), .count = given.columns * given.inner});
    return values;
  };
  std::vector<float> levels = dequantised(given.w);
  if (given.type != DType::q4_k && given.type != DType::q5_k) return levels;
  std::vector<std::uint8_t> of_minima = given.w;
  const auto bytes = static_cast<std::size_t>(block_of(given.type).bytes);
  for (std::size_t i = 0; i < of_minima.size(); ++i) {
    if (i % bytes >= 16) of_minima[i] = 0;  // all but the scales
  }
  const std::vector<float> minima = dequantised(of_minima);
  for (std::size_t i = 0; i < levels.size(); ++i) levels[i] -= minima[i];
  return levels;
}

TEST(QuantisedProduct, ExactActivationsGiveTheDequantisedProductOnEveryTarget) {
  test::for_each_simd_target([] {
    for (const DType type : kTypes) {
      for (const std::int64_t rows : {1, 2, 4, 5}) {
        for (const std::int64_t columns : {1, 3, 4, 5, 17}) {
          for (const std::int64_t blocks : {0, 1, 2, 5}) {
            const Case given{{type, rows, columns, blocks * block_of(type).elements}};
            SCOPED_TRACE(testing::Message()
                         << name_of(type) << ' ' << rows << " x " << columns << " x " << given.inner);
            // Sums of about inner / 4 times the largest level, from which as much may be subtracted again.
            double largest = 1;
            for (const float level : levels_of(given)) largest = std::max(largest, std::abs(double{level}));
            const double terms = largest * static_cast<double>(given.inner + 4) / 4;
            for (const float beta : {0.0f, 0.5f}) {
              test::expect_close(given.product(beta), given.expected(beta), 5e-7, "c", terms);
            }
          }
        }
      }
    }
  });
}

TEST(QuantisedProduct, OtherActivationsAreOffByTheirRoundingAtMost) {
  for (const DType type : kTypes) {
    Case given{{type, 1, 33, 1024}};
    given.a = test::to_float(test::random_values(given.inner, "any"));
    given.a[100] = 50;  // an outlier coarsens its own block only
    const std::int64_t block = block_of(type).elements;
    const auto actual = given.product(), expected = given.expected(), levels = levels_of(given);
    for (std::int64_t j = 0; j < given.columns; ++j) {
      double bound = 1e-4;
      for (std::int64_t begin = 0; begin < given.inner; begin += block) {
        double largest = 0, weights = 0;
        for (std::int64_t k = begin; k < begin + block; ++k) {
          largest = std::max(largest, std::abs(static_cast<double>(given.a[static_cast<std::size_t>(k)])));
          weights += std::abs(static_cast<double>(levels[static_cast<std::size_t>(j * given.inner + k)]));
        }
        bound += largest / 65534 * weights;
      }
      const auto at = static_cast<std::size_t>(j);
      EXPECT_NEAR(actual[at], expected[at], bound) << name_of(type) << ' ' << j;
    }
  }
}

TEST(QuantisedProduct, RowsDoNotDependOnOneAnother) {
  for (const DType type : kTypes) {
    Case all{{type, 4, 19, 512}};
    all.a = test::to_float(test::random_values(4 * all.inner, "any"));
    const auto together = all.product();
    for (std::int64_t row = 0; row < 4; ++row) {
      Case one{{type, 1, 19, 512}};
      one.a.assign(all.a.begin() + row * all.inner, all.a.begin() + (row + 1) * all.inner);
      const std::vector<float> of_row(together.begin() + row * 19, together.begin() + (row + 1) * 19);
      EXPECT_EQ(one.product(), of_row) << name_of(type) << ' ' << row;
    }
  }
}

TEST(QuantisedProduct, ThreadsChangeNothing) {
  const int threads = thread_count();
  for (const DType type : kTypes) {
    Case given{{type, 1, 1003, 512}};
    given.a = test::to_float(test::random_values(given.inner, "any"));
    set_thread_count(1);
    const auto with_one = given.product();
    for (const int count : {2, 3}) {
      set_thread_count(count);
      EXPECT_EQ(given.product(), with_one) << name_of(type) << ' ' << count;
    }
  }
  set_thread_count(threads);
}

TEST(QuantisedProduct, WhatIsNotFiniteIsSeenInItsRowOnly) {
  for (const DType type : kTypes) {
    for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity()}) {
      Case given{{type, 4, 9, 512}};
      given.a[static_cast<std::size_t>(2 * given.inner + 300)] = value;
      const auto c = given.product();
      for (std::size_t i = 0; i < c.size(); ++i) {
        EXPECT_EQ(std::isnan(c[i]), i / 9 == 2) << name_of(type) << ' ' << value << ' ' << i;
      }
    }
  }
}

TEST(QuantisedProduct, BetaZeroNeverReadsC) {
  Case given{{DType::q4_k, 4, 9, 256}};
  std::fill(given.c.begin(), given.c.end(), std::numeric_limits<float>::quiet_NaN());
  for (const float value : given.product()) EXPECT_FALSE(std::isnan(value));
}

TEST(QuantisedProduct, ActivationsOfZeroGiveZero) {
  for (const DType type : kTypes) {
    Case given{{type, 1, 5, 256}};
    std::fill(given.a.begin(), given.a.end(), 0.0f);
    EXPECT_EQ(given.product(), std::vector<float>(5, 0.0f)) << name_of(type);
  }
}

}  // namespace
}  // namespace sequent
