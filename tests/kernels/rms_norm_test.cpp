#include "sequent/kernels/rms_norm.h"

#include <gtest/gtest.h>

#include "sequent/kernels/reference/rms_norm.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

using test::random_values;
using test::to_float;

template <class Real>
struct Case {
  std::int64_t rows, columns;
  std::vector<Real> x, weight, dy;
  std::vector<Real> y, inverse_rms, dx, dweight, scratch;

  Case(std::int64_t rows_, std::int64_t columns_) : rows(rows_), columns(columns_) {
    const auto values = [](std::int64_t count, const char* name) {
      const std::vector<double> doubles = random_values(count, name);
      return std::vector<Real>(doubles.begin(), doubles.end());
    };
    x = values(rows * columns, "x");
    weight = values(columns, "weight");
    dy = values(rows * columns, "dy");
    y.resize(x.size());
    inverse_rms.resize(rows);
    dx.resize(x.size());
    dweight.resize(columns);
    scratch.resize(kernels::kRmsNormPieces * columns);
  }
  kernels::RmsNormForward<Real> forward() {
    return {.x = x.data(), .weight = weight.data(), .y = y.data(), .inverse_rms = inverse_rms.data(), .rows = rows,
            .columns = columns, .epsilon = Real(1e-5)};
  }
  kernels::RmsNormBackward<Real> backward() {
    return {.x = x.data(), .weight = weight.data(), .inverse_rms = inverse_rms.data(), .dy = dy.data(),
            .dx = dx.data(), .dweight = dweight.data(), .scratch = scratch.data(), .rows = rows, .columns = columns};
  }
};

TEST(RmsNormReference, GradientMatchesCentralDifferences) {
  Case<double> c(3, 5);
  const auto loss = [&] {
    kernels::reference::rms_norm(c.forward());
    return test::weighted_sum(c.y, c.dy);
  };
  loss();
  kernels::reference::rms_norm(c.backward());
  test::expect_gradient(c.x, c.dx, loss, "dx");
  test::expect_gradient(c.weight, c.dweight, loss, "dweight");
}

TEST(RmsNorm, MatchesReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t columns : {1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100}) {
      SCOPED_TRACE(columns);
      for (const std::int64_t rows : {1, 2, 37}) {
        Case<double> expected(rows, columns);
        Case<float> actual(rows, columns);
        kernels::reference::rms_norm(expected.forward());
        kernels::rms_norm(kernels::Cpu{}, actual.forward());
        test::expect_close(actual.y, expected.y, 1e-6, "y");
        kernels::reference::rms_norm(expected.backward());
        kernels::rms_norm(kernels::Cpu{}, actual.backward());
        test::expect_close(actual.dx, expected.dx, 3e-6, "dx", 1.0);
        test::expect_close(actual.dweight, expected.dweight, 3e-6, "dweight");
      }
    }
  });
}

}  // namespace
}  // namespace sequent
