#include "sequent/kernels/layer_norm.h"

#include <gtest/gtest.h>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/layer_norm.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

template <class Real>
struct Case {
  std::int64_t rows, columns;
  std::vector<Real> x, weight, bias, dy;
  std::vector<Real> y, mean, inverse_deviation, dx, dweight, dbias, scratch;

  Case(std::int64_t rows_, std::int64_t columns_, double offset = 0) : rows(rows_), columns(columns_) {
    const auto values = [](std::int64_t count, const char* name, double shift = 0) {
      std::vector<double> doubles = test::random_values(count, name);
      for (double& value : doubles) value = static_cast<float>(value + shift);
      return std::vector<Real>(doubles.begin(), doubles.end());
    };
    x = values(rows * columns, "x", offset);
    weight = values(columns, "weight");
    bias = values(columns, "bias");
    dy = values(rows * columns, "dy");
    y.resize(x.size());
    mean.resize(rows);
    inverse_deviation.resize(rows);
    dx.resize(x.size());
    dweight.resize(columns);
    dbias.resize(columns);
    scratch.resize(kernels::kLayerNormPieces * 2 * columns);
  }
  kernels::LayerNormForward<Real> forward() {
    return {.x = x.data(),
            .weight = weight.data(),
            .bias = bias.data(),
            .y = y.data(),
            .mean = mean.data(),
            .inverse_deviation = inverse_deviation.data(),
            .rows = rows,
            .columns = columns,
            .epsilon = Real(1e-5)};
  }
  kernels::LayerNormBackward<Real> backward() {
    return {.x = x.data(),
            .weight = weight.data(),
            .mean = mean.data(),
            .inverse_deviation = inverse_deviation.data(),
            .dy = dy.data(),
            .dx = dx.data(),
            .dweight = dweight.data(),
            .dbias = dbias.data(),
            .scratch = scratch.data(),
            .rows = rows,
            .columns = columns};
  }
};

TEST(LayerNormReference, GradientMatchesCentralDifferences) {
  Case<double> c(3, 5);
  const auto loss = [&] {
    kernels::reference::layer_norm(c.forward());
    return test::weighted_sum(c.y, c.dy);
  };
  loss();
  kernels::reference::layer_norm(c.backward());
  test::expect_gradient(c.x, c.dx, loss, "dx");
  test::expect_gradient(c.weight, c.dweight, loss, "dweight");
  test::expect_gradient(c.bias, c.dbias, loss, "dbias");
}

TEST(LayerNorm, MatchesReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t columns : {2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100}) {
      SCOPED_TRACE(columns);
      for (const std::int64_t rows : {1, 2, 37}) {
        Case<double> expected(rows, columns);
        Case<float> actual(rows, columns);
        kernels::reference::layer_norm(expected.forward());
        kernels::layer_norm(kernels::Cpu{}, actual.forward());
        // Two close numbers in a row of two are magnified by their inverse deviation.
        const double gain =
            std::max(1.0, *std::max_element(expected.inverse_deviation.begin(), expected.inverse_deviation.end()));
        test::expect_close(actual.y, expected.y, 1e-6 * gain, "y");
        kernels::reference::layer_norm(expected.backward());
        kernels::layer_norm(kernels::Cpu{}, actual.backward());
        test::expect_close(actual.dx, expected.dx, 3e-6 * gain, "dx", gain);
        test::expect_close(actual.dweight, expected.dweight, 3e-6 * gain, "dweight", 1.0);
        test::expect_close(actual.dbias, expected.dbias, 1e-6, "dbias", 1.0);
      }
    }
  });
}

TEST(LayerNorm, TakesASingleColumnAndNoBias) {
  Case<float> c(3, 1);
  auto forward = c.forward();
  forward.bias = nullptr;
  kernels::layer_norm(kernels::Cpu{}, forward);
  kernels::layer_norm(kernels::Cpu{}, c.backward());
  EXPECT_EQ(c.y, std::vector<float>(3));
  EXPECT_EQ(c.dx, std::vector<float>(3));
}

// A large common offset: the variance must not be a difference of large numbers.
TEST(LayerNorm, IsAccurateFarFromZero) {
  test::for_each_simd_target([] {
    Case<double> expected(4, 67, 1000.0);
    Case<float> actual(4, 67, 1000.0);
    kernels::reference::layer_norm(expected.forward());
    kernels::layer_norm(kernels::Cpu{}, actual.forward());
    // A sum of 67 such numbers is rounded at 67000 (by 4e-3) again and again: the mean is good to some 1e-3. The
    // difference of squares would be wrong by a tenth.
    test::expect_close(actual.y, expected.y, 5e-4, "y");
  });
}

TEST(LayerNorm, DoesNotDependOnThreads) {
  const auto results = [](int count) {
    const int threads = thread_count();
    set_thread_count(count);
    Case<float> c(333, 300);
    kernels::layer_norm(kernels::Cpu{}, c.forward());
    kernels::layer_norm(kernels::Cpu{}, c.backward());
    set_thread_count(threads);
    return std::array{c.y, c.dx, c.dweight, c.dbias};
  };
  EXPECT_EQ(results(1), results(2));
  EXPECT_EQ(results(1), results(3));
}

}  // namespace
}  // namespace sequent
