#include "sequent/kernels/router.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sequent/kernels/reference/router.h"
#include "tests/support/gradient.h"
#include "tests/support/simd_targets.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

template <class Real>
struct Case {
  std::int64_t tokens, experts, chosen;
  bool renormalise;
  std::vector<Real> logits, slopes, dweights;
  std::vector<Real> probabilities, weights, dlogits, losses;
  std::vector<std::int32_t> choices;

  Case(std::int64_t tokens_, std::int64_t experts_, std::int64_t chosen_, bool renormalise_)
      : tokens(tokens_), experts(experts_), chosen(chosen_), renormalise(renormalise_) {
    const auto values = [](std::int64_t count, const char* name) {
      const std::vector<double> doubles = test::random_values(count, name, 2.0);
      return std::vector<Real>(doubles.begin(), doubles.end());
    };
    logits = values(tokens * experts, "logits");
    slopes = values(experts, "slopes");
    dweights = values(tokens * chosen, "dweights");
    probabilities.resize(logits.size());
    dlogits.resize(logits.size());
    weights.resize(dweights.size());
    choices.resize(dweights.size());
    losses.resize(static_cast<std::size_t>(tokens));
  }
  kernels::RouterForward<Real> forward() {
    return {logits.data(), probabilities.data(), choices.data(), weights.data(), tokens, experts, chosen, renormalise};
  }
  kernels::RouterBackward<Real> backward() {
    return {probabilities.data(), choices.data(), weights.data(), dweights.data(),
            dlogits.data(),       tokens,         experts,        chosen,
            renormalise};
  }
  kernels::RouterLoss<Real> loss() {
    return {logits.data(), slopes.data(), losses.data(), dlogits.data(), Real(0.3), tokens, experts};
  }
};

TEST(RouterReference, GradientMatchesCentralDifferences) {
  for (const bool renormalise : {false, true}) {
    for (const std::int64_t chosen : {1, 3, 5}) {
      Case<double> c(4, 5, chosen, renormalise);
      const auto loss = [&] {
        kernels::reference::router(c.forward());
        return test::weighted_sum(c.weights, c.dweights);
      };
      loss();
      kernels::reference::router(c.backward());
      // Renormalised, a single weight is always 1 and all gradients are 0.
      std::vector<double> x = c.logits;
      if (renormalise && chosen == 1) {
        EXPECT_EQ(c.dlogits, std::vector<double>(20));
      } else {
        test::expect_gradient(c.logits, c.dlogits, loss, "dlogits");
      }
    }
  }
}

TEST(RouterReference, LossGradientMatchesCentralDifferences) {
  Case<double> c(3, 6, 1, false);
  const auto loss = [&] {
    kernels::reference::router_loss(c.loss());
    return test::weighted_sum(c.losses, {1, 1, 1});
  };
  loss();
  const std::vector<double> gradient = c.dlogits;
  test::expect_gradient(c.logits, gradient, loss, "dlogits");
}

TEST(Router, MatchesReferenceOnEveryTargetAndNumberOfExperts) {
  test::for_each_simd_target([] {
    for (const std::int64_t experts : {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 33, 64, 130}) {
      SCOPED_TRACE(experts);
      for (const std::int64_t chosen : {std::int64_t{1}, std::min<std::int64_t>(2, experts), experts}) {
        for (const bool renormalise : {false, true}) {
          Case<double> expected(20, experts, chosen, renormalise);
          Case<float> actual(20, experts, chosen, renormalise);
          kernels::reference::router(expected.forward());
          kernels::router(kernels::Cpu{}, actual.forward());
          EXPECT_EQ(actual.choices, expected.choices);
          test::expect_close(actual.probabilities, expected.probabilities, 2e-6, "probabilities");
          test::expect_close(actual.weights, expected.weights, 2e-6, "weights");
          kernels::reference::router(expected.backward());
          kernels::router(kernels::Cpu{}, actual.backward());
          test::expect_close(actual.dlogits, expected.dlogits, 3e-6, "dlogits", 1.0);
          kernels::reference::router_loss(expected.loss());
          kernels::router_loss(kernels::Cpu{}, actual.loss());
          test::expect_close(actual.losses, expected.losses, 2e-6, "losses");
          test::expect_close(actual.dlogits, expected.dlogits, 3e-6, "dlogits of the loss");
        }
      }
    }
  });
}

TEST(Router, AmongEqualsTheLowestIndexComesFirst) {
  const std::vector<float> logits = {1, 3, 3, 2, 3};
  std::vector<float> probabilities(5), weights(4);
  std::vector<std::int32_t> choices(4);
  kernels::router(kernels::Cpu{}, kernels::RouterForward<float>{logits.data(), probabilities.data(), choices.data(),
                                                                weights.data(), 1, 5, 4, false});
  EXPECT_EQ(choices, (std::vector<std::int32_t>{1, 2, 4, 3}));
}

TEST(Router, NaNReachesAllWeightsOfItsTokenAndNoOther) {
  for (std::size_t at = 0; at < 3; ++at) {
    std::vector<float> logits = {1, 2, 3, 1, 2, 3};
    logits[at] = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> probabilities(6), weights(4);
    std::vector<std::int32_t> choices(4);
    kernels::router(kernels::Cpu{}, kernels::RouterForward<float>{logits.data(), probabilities.data(), choices.data(),
                                                                  weights.data(), 2, 3, 2, true});
    EXPECT_TRUE(std::isnan(weights[0]) && std::isnan(weights[1])) << at;
    EXPECT_NE(choices[0], choices[1]);
    EXPECT_TRUE(choices[0] >= 0 && choices[0] < 3 && choices[1] >= 0 && choices[1] < 3);
    EXPECT_FLOAT_EQ(weights[2] + weights[3], 1.0f);
  }
}

}  // namespace
}  // namespace sequent
