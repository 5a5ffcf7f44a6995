#include "sequent/nn/routing.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sequent/autograd/tape.h"
#include "sequent/ops/router.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr std::int64_t kExperts = 4, kTokens = 9;

Routing routing(const std::string& name, std::int64_t chosen) {
  const Var logits =
      Var::parameter(test::to_tensor(test::random_values(kTokens * kExperts, name, 1.5), {kTokens, kExperts}));
  return {.logits = logits, .choices = route(logits.value(), chosen, false).choices};
}

// One group of (layer, token) pairs, straight from the definition: E sum_e f_e P_e and mean logsumexp^2.
struct Losses {
  double balance;
  double z;
};
Losses by_definition(std::span<const Routing> layers, std::int64_t begin, std::int64_t end) {
  std::vector<double> share(kExperts), probability(kExperts);
  double z = 0, tokens = 0;
  for (const Routing& layer : layers) {
    for (std::int64_t t = begin; t < end; ++t, ++tokens) {
      const float* logits = layer.logits.value().floats() + t * kExperts;
      double sum = 0;
      for (std::int64_t e = 0; e < kExperts; ++e) sum += std::exp(static_cast<double>(logits[e]));
      for (std::size_t e = 0; e < kExperts; ++e) probability[e] += std::exp(static_cast<double>(logits[e])) / sum;
      z += std::log(sum) * std::log(sum);
      const std::int64_t chosen = layer.choices.size(1);
      for (std::int64_t k = 0; k < chosen; ++k) {
        ++share[static_cast<std::size_t>(layer.choices.data<std::int32_t>()[t * chosen + k])];
      }
    }
  }
  double balance = 0;
  for (std::size_t e = 0; e < kExperts; ++e) balance += share[e] / tokens * probability[e] / tokens;
  return {kExperts * balance, z / tokens};
}

TEST(RoutingLoss, IsTheDefinitionInAllForms) {
  const Segments segments({0, 3, 9});
  for (const std::int64_t chosen : {1, 2}) {
    const std::vector<Routing> layers = {routing("a", chosen), routing("b", chosen)};
    MixtureConfig config = {.balance_loss = 0.3f, .z_loss = 0.2f};
    const auto loss = [&](AuxiliaryForm form) {
      config.auxiliary_form = form;
      return static_cast<double>(routing_loss(layers, config, segments).value().floats()[0]);
    };
    const auto total = [](const Losses& l) { return 0.3 * l.balance + 0.2 * l.z; };
    const std::span all(layers);
    const Losses pooled = by_definition(all, 0, 9), first = by_definition(all, 0, 3), second = by_definition(all, 3, 9);
    EXPECT_NEAR(loss(AuxiliaryForm::pooled), total(pooled), 1e-6);
    EXPECT_NEAR(loss(AuxiliaryForm::per_layer),
                total(by_definition(all.subspan(0, 1), 0, 9)) + total(by_definition(all.subspan(1, 1), 0, 9)), 1e-6);
    EXPECT_NEAR(loss(AuxiliaryForm::pooled_per_sequence), 0.3 * (first.balance + second.balance) / 2 + 0.2 * pooled.z,
                1e-6);
  }
}

// Evenly spread, the loss is alpha times the experts of a token; all on one expert, E times as much.
TEST(RoutingLoss, BalanceIsOneWhenEvenAndTheNumberOfExpertsWhenNot) {
  const auto loss = [](bool even) {
    const Tensor logits = Tensor::zeros({8, kExperts});
    const Tensor choices = Tensor::zeros({8, 1}, DType::i32);
    for (std::int64_t t = 0; t < 8; ++t) {
      const std::int64_t expert = even ? t % kExperts : 0;
      choices.mutable_data<std::int32_t>()[t] = static_cast<std::int32_t>(expert);
      logits.mutable_floats()[t * kExperts + expert] = 50;
    }
    const Routing layer = {.logits = logits, .choices = choices};
    return routing_loss(std::span(&layer, 1), {.balance_loss = 1.0f}, Segments::single(8)).value().floats()[0];
  };
  EXPECT_FLOAT_EQ(loss(true), 1.0f);
  EXPECT_FLOAT_EQ(loss(false), 4.0f);
}

// The z-loss is on logits: adding a constant to all of them changes it, though no probability moves.
TEST(RoutingLoss, ZIsOfTheLogitsNotOfTheProbabilities) {
  const auto z = [](float offset) {
    const Routing layer = {.logits = Tensor::full({2, 3}, offset), .choices = Tensor::zeros({2, 1}, DType::i32)};
    return routing_loss(std::span(&layer, 1), {.z_loss = 1.0f}, Segments::single(2)).value().floats()[0];
  };
  EXPECT_NEAR(z(0), std::pow(std::log(3.0), 2), 1e-6);
  EXPECT_NEAR(z(5), std::pow(5 + std::log(3.0), 2), 1e-4);
}

TEST(RoutingLoss, IsUndefinedWithoutLayersOrCoefficients) {
  EXPECT_FALSE(routing_loss({}, {.balance_loss = 1.0f}, Segments::single(2)).defined());
  const Routing layer = routing("a", 1);
  EXPECT_FALSE(routing_loss(std::span(&layer, 1), {}, Segments::single(kTokens)).defined());
}

TEST(RoutingLoss, ItsGradientReachesTheLogitsOfEveryLayer) {
  const std::vector<Routing> layers = {routing("a", 1), routing("b", 1)};
  Tape tape;
  tape.backward(routing_loss(layers, {.balance_loss = 1.0f, .z_loss = 1.0f}, Segments::single(kTokens)));
  for (const Routing& layer : layers) EXPECT_TRUE(layer.logits.gradient().defined());
}

TEST(ExpertLoads, CountSharesDropsAndEntropy) {
  const std::vector<float> logits = {0, 0, 0, 0, 100, 0, 0, 0};
  const std::vector<std::int32_t> choices = {0, 1, 0, 3};
  const Routing layer = {.layer = 5,
                         .logits = Tensor::from(std::span<const float>(logits), {2, 4}),
                         .choices = Tensor::from(std::span<const std::int32_t>(choices), {2, 2}),
                         .dropped = 1};
  const std::vector<ExpertLoad> loads = expert_loads(std::span(&layer, 1));
  ASSERT_EQ(loads.size(), 1u);
  EXPECT_EQ(loads[0].layer, 5);
  EXPECT_EQ(loads[0].share, (std::vector<double>{0.5, 0.25, 0, 0.25}));
  EXPECT_EQ(loads[0].drop_rate, 0.25);
  EXPECT_NEAR(loads[0].entropy, std::log(4.0) / 2, 1e-12);
}

}  // namespace
}  // namespace sequent
