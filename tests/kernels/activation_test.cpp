#include "sequent/kernels/activation.h"

#include <gtest/gtest.h>

#include <limits>

#include "sequent/kernels/reference/activation.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr Activation kAll[] = {Activation::identity, Activation::silu, Activation::gelu, Activation::gelu_tanh,
                               Activation::relu};

const char* name_of(Activation f) {
  switch (f) {
    case Activation::identity:
      return "identity";
    case Activation::silu:
      return "silu";
    case Activation::gelu:
      return "gelu";
    case Activation::gelu_tanh:
      return "gelu_tanh";
    case Activation::relu:
      return "relu";
  }
  return "?";
}

template <class Real>
struct Case {
  std::int64_t count;
  Activation f;
  std::vector<Real> x, value, dy;
  std::vector<Real> y, dx, gated, dgate, dvalue;

  Case(std::int64_t count_, Activation f_, double deviation = 1.0) : count(count_), f(f_) {
    const auto values = [&](const char* name) {
      const std::vector<double> doubles = test::random_values(count, name, deviation);
      return std::vector<Real>(doubles.begin(), doubles.end());
    };
    x = values("x");
    value = values("value");
    dy = values("dy");
    for (auto* result : {&y, &dx, &gated, &dgate, &dvalue}) result->resize(x.size());
  }
  kernels::ActivationForward<Real> forward() { return {.x = x.data(), .y = y.data(), .count = count, .f = f}; }
  kernels::ActivationBackward<Real> backward() {
    return {.x = x.data(), .dy = dy.data(), .dx = dx.data(), .count = count, .f = f};
  }
  kernels::GatedForward<Real> gated_forward() {
    return {.gate = x.data(), .value = value.data(), .y = gated.data(), .count = count, .f = f};
  }
  kernels::GatedBackward<Real> gated_backward() {
    return {.gate = x.data(),
            .value = value.data(),
            .dy = dy.data(),
            .dgate = dgate.data(),
            .dvalue = dvalue.data(),
            .count = count,
            .f = f};
  }
};

TEST(ActivationReference, GradientsMatchCentralDifferences) {
  for (const Activation f : kAll) {
    SCOPED_TRACE(name_of(f));
    Case<double> c(11, f);
    const auto loss = [&] {
      kernels::reference::activation(c.forward());
      return test::weighted_sum(c.y, c.dy);
    };
    const auto gated_loss = [&] {
      kernels::reference::gated(c.gated_forward());
      return test::weighted_sum(c.gated, c.dy);
    };
    kernels::reference::activation(c.backward());
    kernels::reference::gated(c.gated_backward());
    std::vector<double> again(c.y.size());
    kernels::ActivationBackward<double> with_value = c.backward();
    with_value.y = again.data();
    kernels::reference::activation(c.forward());
    kernels::reference::activation(with_value);
    EXPECT_EQ(again, c.y);
    test::expect_gradient(c.x, c.dx, loss, "dx");
    test::expect_gradient(c.x, c.dgate, gated_loss, "dgate");
    test::expect_gradient(c.value, c.dvalue, gated_loss, "dvalue");
  }
}

TEST(Activation, MatchesReferenceOnEveryTargetAndLength) {
  test::for_each_simd_target([] {
    for (const Activation f : kAll) {
      SCOPED_TRACE(name_of(f));
      for (const std::int64_t count : {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 1000}) {
        Case<double> expected(count, f, 3.0);
        Case<float> actual(count, f, 3.0);
        kernels::reference::activation(expected.forward());
        kernels::reference::activation(expected.backward());
        kernels::reference::gated(expected.gated_forward());
        kernels::reference::gated(expected.gated_backward());
        kernels::activation(kernels::Cpu{}, actual.forward());
        std::vector<float> again(actual.y.size());
        kernels::ActivationBackward<float> with_value = actual.backward();
        with_value.y = again.data();
        kernels::activation(kernels::Cpu{}, with_value);
        EXPECT_EQ(again, actual.y);
        kernels::activation(kernels::Cpu{}, actual.backward());
        kernels::gated(kernels::Cpu{}, actual.gated_forward());
        kernels::gated(kernels::Cpu{}, actual.gated_backward());
        test::expect_close(actual.y, expected.y, 2e-7, "y", 1.0);
        test::expect_close(actual.dx, expected.dx, 4e-7, "dx", 1.0);
        test::expect_close(actual.gated, expected.gated, 3e-7, "gated", 1.0);
        test::expect_close(actual.dgate, expected.dgate, 4e-7, "dgate", 1.0);
        test::expect_close(actual.dvalue, expected.dvalue, 3e-7, "dvalue", 1.0);
      }
    }
  });
}

// The whole range, in steps: absolute error in units of |x|, so that f near zero is held to its own size. The bound is
// four roundings of a distribution function: gelu's is an exponential, a quotient and two products.
TEST(Activation, IsAccurateFromMinusToPlusTwelve) {
  test::for_each_simd_target([] {
    for (const Activation f : kAll) {
      SCOPED_TRACE(name_of(f));
      std::vector<float> x;
      for (float at = -12.0f; at <= 12.0f; at += 0.001f) x.push_back(at);
      std::vector<float> y(x.size());
      kernels::activation(kernels::Cpu{},
                          kernels::ActivationForward<float>{
                              .x = x.data(), .y = y.data(), .count = static_cast<std::int64_t>(x.size()), .f = f});
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double expected = kernels::reference::activation_at<double>(f, x[i]).value;
        ASSERT_NEAR(y[i], expected, 2.4e-7 * std::abs(x[i]) + 1e-12) << x[i];
      }
    }
  });
}

TEST(Activation, TakesExtremesAndKeepsNaN) {
  test::for_each_simd_target([] {
    for (const Activation f : {Activation::silu, Activation::gelu, Activation::gelu_tanh, Activation::relu}) {
      SCOPED_TRACE(name_of(f));
      const std::vector<float> x = {-1e4f, -200, -90, 0, 90, 200, 1e4f, std::numeric_limits<float>::quiet_NaN()};
      const std::vector<float> ones(x.size(), 1.0f);
      std::vector<float> y(x.size()), dx(x.size());
      const auto count = static_cast<std::int64_t>(x.size());
      kernels::activation(kernels::Cpu{},
                          kernels::ActivationForward<float>{.x = x.data(), .y = y.data(), .count = count, .f = f});
      kernels::activation(kernels::Cpu{},
                          kernels::ActivationBackward<float>{
                              .x = x.data(), .dy = ones.data(), .dx = dx.data(), .count = count, .f = f});
      for (std::size_t i = 0; i + 1 < x.size(); ++i) {
        EXPECT_NEAR(y[i], std::max(x[i], 0.0f), 1e-30) << x[i];
        if (x[i] == 0) continue;
        EXPECT_NEAR(dx[i], x[i] > 0 ? 1.0f : 0.0f, 1e-30) << x[i];
      }
      EXPECT_TRUE(std::isnan(y.back()));
    }
  });
}

}  // namespace
}  // namespace sequent
