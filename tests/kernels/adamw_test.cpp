#include "sequent/kernels/adamw.h"

#include <gtest/gtest.h>

#include "sequent/base/threads.h"
#include "sequent/kernels/reference/adamw.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

template <class Real>
struct Case {
  std::vector<Real> values, gradients, mean, mean_square;

  explicit Case(std::int64_t count) {
    const auto values_of = [&](const char* name, double deviation) {
      const std::vector<double> doubles = test::random_values(count, name, deviation);
      return std::vector<Real>(doubles.begin(), doubles.end());
    };
    values = values_of("values", 1.0);
    gradients = values_of("gradients", 0.1);
    mean.resize(values.size());
    mean_square.resize(values.size());
  }
  void step(int number, auto&& kernel) {
    kernel(kernels::AdamW<Real>{.values = values.data(),
                                .gradients = gradients.data(),
                                .mean = mean.data(),
                                .mean_square = mean_square.data(),
                                .count = static_cast<std::int64_t>(values.size()),
                                .learning_rate = Real(0.01),
                                .beta1 = Real(0.9),
                                .beta2 = Real(0.95),
                                .epsilon = Real(1e-8),
                                .weight_decay = Real(0.1),
                                .correction1 = static_cast<Real>(1 - std::pow(0.9, number)),
                                .correction2 = static_cast<Real>(1 - std::pow(0.95, number)),
                                .gradient_scale = Real(0.5)});
  }
};

// The first step moves every value by the learning rate against the sign of its gradient, whatever its size.
TEST(AdamWReference, FirstStepHasTheSizeOfTheLearningRate) {
  double value = 2, mean = 0, mean_square = 0;
  const double gradient = -1e-3;
  kernels::reference::adamw<double>(
      {&value, &gradient, &mean, &mean_square, 1, 0.01, 0.9, 0.95, 0.0, 0.1, 1 - 0.9, 1 - 0.95, 3.0});
  EXPECT_NEAR(value, 2 * (1 - 0.01 * 0.1) + 0.01, 1e-12);
  EXPECT_NEAR(mean, 0.1 * 3.0 * gradient, 1e-15);
  EXPECT_NEAR(mean_square, 0.05 * 9.0 * gradient * gradient, 1e-15);
}

TEST(AdamW, MatchesReferenceOverSeveralStepsOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const std::int64_t count : {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 100}) {
      SCOPED_TRACE(count);
      Case<double> expected(count);
      Case<float> actual(count);
      for (int number = 1; number <= 5; ++number) {
        expected.step(number, [](const auto& args) { kernels::reference::adamw(args); });
        actual.step(number, [](const auto& args) { kernels::adamw(kernels::Cpu{}, args); });
      }
      test::expect_close(actual.values, expected.values, 5e-7, "values");
      test::expect_close(actual.mean, expected.mean, 5e-7, "mean");
      test::expect_close(actual.mean_square, expected.mean_square, 1e-6, "mean square");
    }
  });
}

TEST(AdamW, DoesNotDependOnThreads) {
  const auto values = [](int count) {
    const int threads = thread_count();
    set_thread_count(count);
    Case<float> c(50'001);
    c.step(1, [](const auto& args) { kernels::adamw(kernels::Cpu{}, args); });
    c.step(2, [](const auto& args) { kernels::adamw(kernels::Cpu{}, args); });
    set_thread_count(threads);
    return c.values;
  };
  EXPECT_EQ(values(1), values(2));
  EXPECT_EQ(values(1), values(3));
}

}  // namespace
}  // namespace sequent
