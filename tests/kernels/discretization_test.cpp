#include "sequent/kernels/discretization.h"

#include <gtest/gtest.h>

#include <limits>

#include "sequent/kernels/reference/discretization.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

template <class Real>
struct Case {
  std::int64_t rows, columns;
  Real minimum, maximum;
  std::vector<Real> x, bias, ddelta, delta, dx, dbias, scratch;

  Case(std::int64_t rows_, std::int64_t columns_, Real minimum_, Real maximum_, double deviation = 2.0)
      : rows(rows_), columns(columns_), minimum(minimum_), maximum(maximum_) {
    const auto values = [](std::int64_t count, const char* name, double size) {
      const std::vector<double> doubles = test::random_values(count, name, size);
      return std::vector<Real>(doubles.begin(), doubles.end());
    };
    x = values(rows * columns, "x", deviation);
    bias = values(columns, "bias", 1.0);
    ddelta = values(rows * columns, "ddelta", 1.0);
    delta.resize(x.size());
    dx.resize(x.size());
    dbias.resize(bias.size());
    scratch.resize(kernels::kStepSizePieces * columns);
  }
  kernels::StepSizeForward<Real> forward() {
    return {.x = x.data(),
            .bias = bias.data(),
            .delta = delta.data(),
            .rows = rows,
            .columns = columns,
            .minimum = minimum,
            .maximum = maximum};
  }
  kernels::StepSizeBackward<Real> backward() {
    return {.x = x.data(),
            .bias = bias.data(),
            .ddelta = ddelta.data(),
            .dx = dx.data(),
            .dbias = dbias.data(),
            .scratch = scratch.data(),
            .rows = rows,
            .columns = columns,
            .minimum = minimum,
            .maximum = maximum};
  }
};

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

TEST(StepSizeReference, GradientMatchesCentralDifferences) {
  for (const auto& [minimum, maximum] : {std::pair{0.0, kNoLimit}, {0.3, 1.5}}) {
    Case<double> c(4, 3, minimum, maximum);
    const auto loss = [&] {
      kernels::reference::step_size(c.forward());
      return test::weighted_sum(c.delta, c.ddelta);
    };
    kernels::reference::step_size(c.backward());
    test::expect_gradient(c.x, c.dx, loss, "dx");
    test::expect_gradient(c.bias, c.dbias, loss, "dbias");
  }
}

TEST(StepSize, MatchesReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t columns : {1, 3, 4, 7, 8, 9, 16, 17, 24, 33}) {
      for (const double deviation : {1.0, 60.0}) {
        for (const auto& [minimum, maximum] : {std::pair{0.0, kNoLimit}, {0.3, 1.5}}) {
          SCOPED_TRACE(columns);
          Case<double> expected(37, columns, minimum, maximum, deviation);
          Case<float> actual(37, columns, static_cast<float>(minimum), static_cast<float>(maximum), deviation);
          kernels::reference::step_size(expected.forward());
          kernels::reference::step_size(expected.backward());
          kernels::step_size(kernels::Cpu{}, actual.forward());
          kernels::step_size(kernels::Cpu{}, actual.backward());
          test::expect_close(actual.delta, expected.delta, 1e-6, "delta");
          test::expect_close(actual.dx, expected.dx, 1e-6, "dx");
          test::expect_close(actual.dbias, expected.dbias, 1e-6, "dbias");
        }
      }
    }
  });
}

TEST(StepSize, NotANumberIsNotLimited) {
  Case<float> c(1, 3, 0.1f, 1.0f);
  c.x[1] = std::nanf("");
  kernels::step_size(kernels::Cpu{}, c.forward());
  EXPECT_FALSE(std::isnan(c.delta[0]));
  EXPECT_TRUE(std::isnan(c.delta[1]));
}

TEST(DecayRate, IsMinusTheExponentialAndSoIsItsGradient) {
  std::vector<double> a_log = test::random_values(5, "a_log"), drate = test::random_values(5, "drate"), rate(5);
  std::vector<double> da_log(5);
  const auto loss = [&] {
    kernels::reference::decay_rate(kernels::DecayRateForward<double>{a_log.data(), rate.data(), 5});
    return test::weighted_sum(rate, drate);
  };
  loss();
  kernels::reference::decay_rate(kernels::DecayRateBackward<double>{rate.data(), drate.data(), da_log.data(), 5});
  test::expect_gradient(a_log, da_log, loss, "da_log");
  loss();

  const std::vector<float> a_floats = test::to_float(a_log), drate_floats = test::to_float(drate);
  std::vector<float> rate_floats(5), da_floats(5);
  kernels::decay_rate(kernels::Cpu{}, kernels::DecayRateForward<float>{a_floats.data(), rate_floats.data(), 5});
  kernels::decay_rate(kernels::Cpu{},
                      kernels::DecayRateBackward<float>{rate_floats.data(), drate_floats.data(), da_floats.data(), 5});
  test::expect_close(rate_floats, rate, 1e-6, "rate");
  test::expect_close(da_floats, da_log, 1e-6, "da_log");
}

}  // namespace
}  // namespace sequent
