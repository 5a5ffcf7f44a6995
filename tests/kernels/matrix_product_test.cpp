#include "sequent/kernels/matrix_product.h"

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <cmath>
#include <limits>

#include "sequent/base/half.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/reference/matrix_product.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using kernels::MatrixProduct;
using kernels::ProductPrecision;

struct Sizes {
  std::int64_t rows, columns, inner;
};

// factor * values as bfloat16 has them.
std::vector<double> rounded(const std::vector<float>& values, double factor) {
  std::vector<double> result;
  for (const float value : values) {
    result.push_back(float_from_bf16(bf16_from_float(static_cast<float>(factor) * value)));
  }
  return result;
}

// The reference and the product on every target, on the same numbers, stored `gap` elements further apart than they
// must be. The gaps of C must stay as they were.
void expect_product(Sizes sizes, bool transpose_a, bool transpose_b, double alpha, double beta, std::int64_t gap,
                    ProductPrecision precision = ProductPrecision::float32) {
  const auto [rows, columns, inner] = sizes;
  SCOPED_TRACE(testing::Message() << rows << " x " << columns << " x " << inner << (transpose_a ? " A^T" : "")
                                  << (transpose_b ? " B^T" : "") << " alpha " << alpha << " beta " << beta << " gap "
                                  << gap);
  const std::int64_t a_stride = (transpose_a ? rows : inner) + gap, b_stride = (transpose_b ? inner : columns) + gap;
  const std::int64_t c_stride = columns + gap;
  auto a = test::random_values((transpose_a ? inner : rows) * a_stride, "a");
  auto b = test::random_values((transpose_b ? columns : inner) * b_stride, "b");
  auto expected = test::random_values(rows * c_stride, "c");
  const auto a_float = test::to_float(a), b_float = test::to_float(b), c_float = test::to_float(expected);
  double reference_alpha = alpha;
  if (precision == ProductPrecision::bfloat16) {
    a = rounded(a_float, 1);
    b = rounded(b_float, alpha);
    reference_alpha = 1;
  }
  const auto arguments = [&]<class Real>(const Real* a_data, const Real* b_data, Real* c_data, double factor) {
    // Strides of 0 stand for rows without gaps.
    return MatrixProduct<Real>{.a = a_data,
                               .b = b_data,
                               .c = c_data,
                               .rows = rows,
                               .columns = columns,
                               .inner = inner,
                               .transpose_a = transpose_a,
                               .transpose_b = transpose_b,
                               .a_stride = gap ? a_stride : 0,
                               .b_stride = gap ? b_stride : 0,
                               .c_stride = gap ? c_stride : 0,
                               .alpha = static_cast<Real>(factor),
                               .beta = static_cast<Real>(beta),
                               .precision = precision};
  };
  kernels::reference::matrix_product(arguments(a.data(), b.data(), expected.data(), reference_alpha));
  // Rounding of `inner` products of standard normal numbers.
  const double tolerance = 1e-6 * std::sqrt(static_cast<double>(inner) + 1.0);
  test::for_each_simd_target([&] {
    auto actual = c_float;
    kernels::matrix_product(kernels::Cpu{}, arguments(a_float.data(), b_float.data(), actual.data(), alpha));
    test::expect_close(actual, expected, tolerance, "c", 1.0);
  });
}

TEST(MatrixProduct, MatchesReferenceForEveryTransposeAndOddSizes) {
  for (const std::int64_t rows : {5, 16, 17, 33}) {
    for (const std::int64_t columns : {1, 7, 16, 49}) {
      for (const std::int64_t inner : {1, 3, 16, 65}) {
        for (const bool transpose_a : {false, true}) {
          for (const bool transpose_b : {false, true}) {
            expect_product({rows, columns, inner}, transpose_a, transpose_b, 1, 0, 0);
            expect_product({rows, columns, inner}, transpose_a, transpose_b, 1, 1, 3);
          }
        }
      }
    }
  }
}

// More than one block in each direction.
constexpr Sizes kLarge[] = {{130, 401, 300}, {257, 64, 1000}, {64, 800, 129}};

TEST(MatrixProduct, MatchesReferenceAtLargeSizes) {
  for (const Sizes sizes : kLarge) {
    for (const bool transpose_a : {false, true}) {
      for (const bool transpose_b : {false, true}) {
        expect_product(sizes, transpose_a, transpose_b, 1, 0, 0);
        expect_product(sizes, transpose_a, transpose_b, -0.5, 0.25, 5);
      }
    }
  }
}

TEST(MatrixProduct, RoundsOperandsToBfloat16AndNothingElse) {
  constexpr auto kPrecision = ProductPrecision::bfloat16;
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      for (const std::int64_t rows : {9, 16, 17, 33}) {
        for (const std::int64_t columns : {1, 7, 16, 49}) {
          for (const std::int64_t inner : {1, 2, 3, 15, 16, 17, 31, 32, 33, 65}) {
            expect_product({rows, columns, inner}, transpose_a, transpose_b, 1, 0, 0, kPrecision);
          }
        }
      }
      for (const Sizes sizes : kLarge) {
        expect_product(sizes, transpose_a, transpose_b, 1, 0, 0, kPrecision);
        expect_product(sizes, transpose_a, transpose_b, -0.3, 0.25, 5, kPrecision);
      }
    }
  }
}

// A product of [9, inner] by [inner, 9], all operands ones but A[0, 0].
std::vector<float> bfloat16_product_with(float first, std::int64_t inner) {
  std::vector<float> a(static_cast<std::size_t>(9 * inner), 1.0f), c(81);
  const std::vector<float> b(a);
  a[0] = first;
  kernels::matrix_product(kernels::Cpu{}, {.a = a.data(),
                                           .b = b.data(),
                                           .c = c.data(),
                                           .rows = 9,
                                           .columns = 9,
                                           .inner = inner,
                                           .precision = ProductPrecision::bfloat16});
  return c;
}

TEST(MatrixProduct, SpecialValuesSurviveRoundingToBfloat16) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kLargest = std::numeric_limits<float>::max();
  test::for_each_simd_target([&] {
    for (const std::int64_t inner : {1, 2, 5}) {
      // The last of these have bits that rounding alone would carry into the sign, or all below the half that is kept.
      for (const std::uint32_t bits : {0x7FC00000u, 0xFFC00001u, 0x7FFFFFFFu, 0xFFFFFFFFu, 0x7F800001u}) {
        const std::vector<float> c = bfloat16_product_with(std::bit_cast<float>(bits), inner);
        for (int j = 0; j < 9; ++j) EXPECT_TRUE(std::isnan(c[static_cast<std::size_t>(j)])) << bits;
        EXPECT_EQ(c[9], static_cast<float>(inner));
      }
      for (const float value : {kInfinity, -kInfinity}) EXPECT_EQ(bfloat16_product_with(value, inner)[0], value);
      // There is no bfloat16 as large but below infinity.
      EXPECT_EQ(bfloat16_product_with(kLargest, inner)[0], kInfinity);
      const float rest = static_cast<float>(inner - 1);
      // Ties go to the even one.
      EXPECT_EQ(bfloat16_product_with(1 + 0x1p-8f, inner)[0], 1 + rest);
      EXPECT_EQ(bfloat16_product_with(1 + 3 * 0x1p-8f, inner)[0], 1 + 0x1p-6f + rest);
      EXPECT_EQ(bfloat16_product_with(-0.0f, inner)[0], rest);
    }
  });
}

std::vector<float> product_with_threads(Sizes sizes, bool transpose_a, bool transpose_b, int count,
                                        ProductPrecision precision = ProductPrecision::float32) {
  const auto a = test::to_float(test::random_values(sizes.rows * sizes.inner, "a"));
  const auto b = test::to_float(test::random_values(sizes.columns * sizes.inner, "b"));
  std::vector<float> c(static_cast<std::size_t>(sizes.rows * sizes.columns));
  const int threads = thread_count();
  set_thread_count(count);
  kernels::matrix_product(kernels::Cpu{}, {.a = a.data(),
                                           .b = b.data(),
                                           .c = c.data(),
                                           .rows = sizes.rows,
                                           .columns = sizes.columns,
                                           .inner = sizes.inner,
                                           .transpose_a = transpose_a,
                                           .transpose_b = transpose_b,
                                           .precision = precision});
  set_thread_count(threads);
  return c;
}

TEST(MatrixProduct, DoesNotDependOnThreads) {
  test::for_each_simd_target([] {
    for (const Sizes sizes : kLarge) {
      for (const bool transpose_a : {false, true}) {
        for (const bool transpose_b : {false, true}) {
          for (const auto precision : {ProductPrecision::float32, ProductPrecision::bfloat16}) {
            const auto alone = product_with_threads(sizes, transpose_a, transpose_b, 1, precision);
            // Cuts are the same in either precision.
            for (const int count : precision == ProductPrecision::float32 ? std::vector{2, 3, 7} : std::vector{3}) {
              EXPECT_EQ(product_with_threads(sizes, transpose_a, transpose_b, count, precision), alone)
                  << count << " threads";
            }
          }
        }
      }
    }
  });
}

TEST(MatrixProduct, MatchesReferenceForFewRows) {
  for (const std::int64_t rows : {1, 2, 3, 4, 5, 8}) {
    for (const std::int64_t columns : {1, 2, 3, 4, 5, 9, 65}) {
      for (const std::int64_t inner : {1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 100}) {
        for (const bool transpose_b : {false, true})
          expect_product({rows, columns, inner}, false, transpose_b, 1, 0, 0);
        expect_product({rows, columns, inner}, false, true, 2, 1, 3);
        expect_product({rows, columns, inner}, true, true, 2, 0.5, 1);
      }
    }
  }
}

TEST(MatrixProduct, FewRowsDoNotDependOnThreads) {
  const Sizes sizes{7, 1003, 517};
  for (const int count : {2, 3}) {
    EXPECT_EQ(product_with_threads(sizes, false, true, count), product_with_threads(sizes, false, true, 1));
  }
}

TEST(MatrixProduct, BetaZeroNeverReadsC) {
  for (const std::int64_t rows : {1, 4, 16}) {
    const std::vector<float> a(static_cast<std::size_t>(rows * 8), 1.0f), b(8 * 8, 1.0f);
    std::vector<float> c(static_cast<std::size_t>(rows * 8), std::numeric_limits<float>::quiet_NaN());
    kernels::matrix_product(
        kernels::Cpu{},
        {.a = a.data(), .b = b.data(), .c = c.data(), .rows = rows, .columns = 8, .inner = 8, .transpose_b = true});
    EXPECT_EQ(c, std::vector<float>(c.size(), 8.0f)) << rows;
  }
}

TEST(MatrixProduct, TakesEmptySizes) {
  std::vector<float> c = {1, 2, 3, 4};
  MatrixProduct<float> args{.a = nullptr, .b = nullptr, .c = c.data(), .rows = 2, .columns = 2, .inner = 0};
  args.beta = 0.5f;
  kernels::matrix_product(kernels::Cpu{}, args);
  EXPECT_EQ(c, (std::vector<float>{0.5f, 1, 1.5f, 2}));
  args.beta = 0;
  kernels::matrix_product(kernels::Cpu{}, args);
  EXPECT_EQ(c, (std::vector<float>{0, 0, 0, 0}));
  args.rows = 0;
  args.inner = 7;
  args.c = nullptr;
  kernels::matrix_product(kernels::Cpu{}, args);
}

TEST(MatrixProduct, WorksInsideAParallelRegion) {
  constexpr std::int64_t kSize = 96;
  const auto a = test::random_values(kSize * kSize, "a");
  std::vector<double> expected(kSize * kSize);
  kernels::reference::matrix_product(MatrixProduct<double>{
      .a = a.data(), .b = a.data(), .c = expected.data(), .rows = kSize, .columns = kSize, .inner = kSize});
  const auto a_float = test::to_float(a);
  std::vector<std::vector<float>> results(8, std::vector<float>(kSize * kSize));
  parallel_tasks(8, [&](std::int64_t i) {
    kernels::matrix_product(kernels::Cpu{}, {.a = a_float.data(),
                                             .b = a_float.data(),
                                             .c = results[static_cast<std::size_t>(i)].data(),
                                             .rows = kSize,
                                             .columns = kSize,
                                             .inner = kSize});
  });
  for (const auto& result : results) test::expect_close(result, expected, 1e-5, "c");
}

TEST(MatrixProduct, LeavesTheNumberOfThreadsAsItWas) {
  const int threads = thread_count();
  set_thread_count(3);
  const std::vector<float> a(32 * 32, 1.0f);
  std::vector<float> c(32 * 32);
  kernels::matrix_product(kernels::Cpu{},
                          {.a = a.data(), .b = a.data(), .c = c.data(), .rows = 32, .columns = 32, .inner = 32});
  EXPECT_EQ(thread_count(), 3);
  set_thread_count(threads);
}

TEST(MatrixProduct, ManyThreadsAtOnceDoNotDisturbEachOther) {
  constexpr std::int64_t kSize = 96;
  const std::vector<float> a = test::to_float(test::random_values(kSize * kSize, "a"));
  const auto product = [&](std::vector<float>& c) {
    matrix_product(kernels::Cpu{},
                   {.a = a.data(), .b = a.data(), .c = c.data(), .rows = kSize, .columns = kSize, .inner = kSize});
  };
  const int threads = thread_count();
  // In one piece, as inside a task.
  set_thread_count(1);
  std::vector<float> expected(kSize * kSize);
  product(expected);
  set_thread_count(8);
  std::atomic<int> wrong{0};
  parallel_tasks(400, [&](std::int64_t) {
    std::vector<float> c(kSize * kSize);
    product(c);
    if (c != expected) ++wrong;
  });
  set_thread_count(threads);
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace sequent
