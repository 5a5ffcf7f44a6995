#include "sequent/nn/mixture_of_experts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sequent/autograd/product_precision.h"
#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/nn/feed_forward.h"
#include "tests/support/parameter_gradients.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr std::int64_t kWidth = 6;

// A layer with its parameters, x for it, and what it left behind.
struct Layer {
  explicit Layer(const MixtureConfig& mixture)
      : parameters(*source),
        mixer({.hidden_width = 10, .weight_deviation = 0.5f, .residual_deviation = 0.5f, .mixture = mixture}, kWidth,
              ParameterScope(parameters)) {}

  Var parameter(const std::string& name) const {
    for (const Parameter& entry : parameters.all()) {
      if (entry.name == name) return entry.var;
    }
    fail("no parameter {}", name);
  }
  // Sends every token whose channels are positive to this expert.
  void favour(std::int64_t expert) const {
    const Var router = parameter("router.weight");
    router.value().fill_zero();
    std::fill_n(router.value().mutable_floats() + expert * kWidth, kWidth, 1.0f);
  }
  std::vector<double> run(const Tensor& x, bool training = false, std::uint64_t seed = 1,
                          const Segments* segments = nullptr) {
    routing.clear();
    return test::to_doubles(
        mixer.forward(x, {.training = training, .seed = seed, .stream = 7, .segments = segments, .routing = &routing})
            .value());
  }

  std::unique_ptr<ParameterSource> source = fresh_parameters(1);
  Parameters parameters;
  MixtureOfExperts mixer;
  std::vector<Routing> routing;
};

Tensor input(std::int64_t tokens) {
  return test::to_tensor(test::random_values(tokens * kWidth, "x"), {tokens, kWidth});
}

Tensor positive_input(std::int64_t tokens) {
  const Tensor x = input(tokens);
  for (std::int64_t i = 0; i < x.elements(); ++i) x.mutable_floats()[i] = std::abs(x.floats()[i]) + 0.1f;
  return x;
}

std::int64_t zero_rows(const std::vector<double>& y) {
  std::int64_t count = 0;
  for (std::size_t t = 0; t < y.size() / kWidth; ++t) {
    count += std::all_of(y.begin() + t * kWidth, y.begin() + (t + 1) * kWidth, [](double v) { return v == 0; });
  }
  return count;
}

// What decides where a token goes is not rounded, whatever the experts are computed in.
TEST(MixtureOfExperts, RoutesInFloat32InEitherPrecision) {
  Layer layer({.experts = 4, .experts_per_token = 2});
  const Tensor x = input(50);
  const std::vector<double> full = layer.run(x);
  const std::vector<double> full_logits = test::to_doubles(layer.routing[0].logits.value());
  const ProductPrecisionScope scope(ProductPrecision::bfloat16);
  test::expect_near_in_bfloat16(layer.run(x), full, "y");
  EXPECT_EQ(test::to_doubles(layer.routing[0].logits.value()), full_logits);
}

TEST(MixtureOfExperts, OneExpertIsAFeedForwardLayer) {
  for (const bool gated : {true, false}) {
    Layer layer({.experts = 1, .experts_per_token = 1, .gated = gated});
    const auto source = fresh_parameters(2);
    Parameters parameters(*source);
    const ChannelMixerConfig config = {.hidden_width = 10};
    const std::unique_ptr<ChannelMixer> dense = [&]() -> std::unique_ptr<ChannelMixer> {
      if (gated) return std::make_unique<Glu>(config, kWidth, ParameterScope(parameters));
      return std::make_unique<Mlp>(config, kWidth, ParameterScope(parameters));
    }();
    for (const Parameter& p : parameters.all()) p.var.value().copy_from(layer.parameter("experts.0." + p.name).value());
    const Tensor x = input(20);
    test::expect_close(layer.run(x), test::to_doubles(dense->forward(x).value()), 1e-6, "y");
  }
}

TEST(MixtureOfExperts, WithAllExpertsEachTokenIsTheirMeanByProbability) {
  Layer layer({.experts = 3, .experts_per_token = 3, .renormalise = false});
  const Tensor x = input(5);
  const std::vector<double> together = layer.run(x);
  const Tensor logits = layer.routing[0].logits.value();
  std::vector<double> expected(together.size());
  for (std::int64_t e = 0; e < 3; ++e) {
    // Expert e alone: a layer of one expert with its weights.
    Layer one({.experts = 1, .experts_per_token = 1});
    for (const char* name : {"gate_proj", "up_proj", "down_proj"}) {
      const auto of = [&](std::int64_t k) { return "experts." + std::to_string(k) + "." + name + ".weight"; };
      one.parameter(of(0)).value().copy_from(layer.parameter(of(e)).value());
    }
    const std::vector<double> y = one.run(x);
    for (std::int64_t i = 0; i < 5 * kWidth; ++i) {
      const float* row = logits.floats() + i / kWidth * 3;
      const double sum = std::exp(row[0]) + std::exp(row[1]) + std::exp(row[2]);
      expected[static_cast<std::size_t>(i)] += std::exp(row[e]) / sum * y[static_cast<std::size_t>(i)];
    }
  }
  test::expect_close(together, expected, 2e-6, "y");
}

TEST(MixtureOfExperts, EachTokenIsItselfInAnyCompany) {
  Layer layer({.experts = 5, .experts_per_token = 2, .overflow = Overflow::paper, .capacity_factor = 1.0});
  const Tensor x = input(30);
  const std::vector<double> together = layer.run(x);
  for (const std::int64_t t : {0, 13, 29}) {
    const std::vector<double> expected(together.begin() + t * kWidth, together.begin() + (t + 1) * kWidth);
    test::expect_close(layer.run(x.slice(t, t + 1)), expected, 1e-5, "token");
  }
  EXPECT_EQ(layer.routing[0].dropped, 0);
}

TEST(MixtureOfExperts, CapacityZeroGivesZeroAndFiniteGradients) {
  Layer layer({.experts = 3,
               .experts_per_token = 1,
               .renormalise = false,
               .overflow = Overflow::paper,
               .capacity_factor = 0.0,
               .balance_loss = 1.0f,
               .z_loss = 1.0f});
  layer.parameters.flatten();
  const Var x = Var::parameter(input(8));
  Tape tape;
  std::vector<Routing> routing;
  const Var y = layer.mixer.forward(x, {.training = true, .routing = &routing});
  EXPECT_EQ(test::to_doubles(y.value()), std::vector<double>(8 * kWidth));
  EXPECT_EQ(routing[0].dropped, 8);
  const Var loss = routing_loss(routing, {.balance_loss = 1.0f, .z_loss = 1.0f}, Segments::single(8));
  const Var outputs[] = {y, loss};
  const Tensor gradients[] = {Tensor::full({8, kWidth}, 1.0f), Tensor::full({1}, 1.0f)};
  tape.backward(outputs, gradients);
  for (const double g : test::gradients_of(layer.parameters)) EXPECT_TRUE(std::isfinite(g));
  for (const double g : test::to_doubles(x.gradient())) EXPECT_TRUE(std::isfinite(g));
  EXPECT_TRUE(layer.parameter("router.weight").gradient().defined());
}

TEST(MixtureOfExperts, CapacityIsTheCeilingOfTheEvenShareTimesTheFactor) {
  Layer layer({.experts = 4,
               .experts_per_token = 1,
               .renormalise = false,
               .overflow = Overflow::paper,
               .capacity_factor = 1.25,
               .eval_capacity_factor = 2.0});
  layer.favour(2);
  const Tensor x = positive_input(10);
  const std::vector<double> y = layer.run(x, /*training=*/true);
  EXPECT_EQ(layer.routing[0].dropped, 6);  // ceil(10 / 4 * 1.25) = 4
  EXPECT_EQ(zero_rows(y), 6);
  EXPECT_NE(y[3 * kWidth], 0) << "the first ones are kept";
  layer.run(x, /*training=*/false);
  EXPECT_EQ(layer.routing[0].dropped, 5);  // 10 / 4 * 2 = 5
  // Shares count what was asked of the router, dropped or not.
  EXPECT_EQ(expert_loads(layer.routing)[0].share, (std::vector<double>{0, 0, 1, 0}));
}

TEST(MixtureOfExperts, EvaluationDropsNothingUnlessAskedTo) {
  Layer layer({.experts = 4, .experts_per_token = 1, .overflow = Overflow::paper, .capacity_factor = 0.1});
  layer.favour(0);
  const std::vector<double> y = layer.run(positive_input(12));
  EXPECT_EQ(zero_rows(y), 0);
  EXPECT_EQ(layer.routing[0].dropped, 0);
}

TEST(MixtureOfExperts, ThePublishedOverflowCountsEachSequenceAndPassesTheInputOn) {
  Layer layer({.experts = 3,
               .experts_per_token = 1,
               .renormalise = false,
               .overflow = Overflow::hf_v4,
               .sequence_capacity = 2});
  layer.favour(1);
  const Tensor x = positive_input(7);
  const Segments segments({0, 3, 7});
  const std::vector<double> y = layer.run(x, false, 1, &segments);
  EXPECT_EQ(layer.routing[0].dropped, 1 + 2);
  for (const std::int64_t t : {2, 5, 6}) {
    const float* logits = layer.routing[0].logits.value().floats() + 3 * t;
    const double p = std::exp(logits[1]) / (std::exp(logits[0]) + std::exp(logits[1]) + std::exp(logits[2]));
    for (std::int64_t i = 0; i < kWidth; ++i) {
      EXPECT_NEAR(y[static_cast<std::size_t>(t * kWidth + i)], p * x.floats()[t * kWidth + i], 1e-5);
    }
  }
}

// With one expert the router decides nothing: whatever noise it sees must not show.
TEST(MixtureOfExperts, JitterReachesTheRouterOnly) {
  Layer layer({.experts = 1, .experts_per_token = 1, .jitter = 0.5f});
  const Tensor x = input(9);
  const std::vector<double> kept = test::to_doubles(x), quiet = layer.run(x, false);
  const std::vector<double> quiet_logits = test::to_doubles(layer.routing[0].logits.value());
  EXPECT_EQ(layer.run(x, true), quiet);
  EXPECT_NE(test::to_doubles(layer.routing[0].logits.value()), quiet_logits);
  EXPECT_EQ(test::to_doubles(x), kept);
}

TEST(MixtureOfExperts, NoiseIsAPureFunctionOfTheSeedAndOfTrainingOnly) {
  for (const bool jitter : {true, false}) {
    Layer layer(
        {.experts = 4, .experts_per_token = 2, .jitter = jitter ? 0.3f : 0.0f, .expert_dropout = jitter ? 0.0f : 0.3f});
    const Tensor x = input(9);
    const std::vector<double> once = layer.run(x, true, 1);
    EXPECT_EQ(layer.run(x, true, 1), once);
    EXPECT_NE(layer.run(x, true, 2), once);
    EXPECT_EQ(layer.run(x, false, 1), layer.run(x, false, 2));
  }
}

TEST(MixtureOfExperts, NaNShowsInItsTokenAndNoOther) {
  Layer layer({.experts = 4, .experts_per_token = 2});
  const Tensor x = input(5);
  const std::vector<double> before = layer.run(x);
  x.mutable_floats()[2 * kWidth + 1] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<double> after = layer.run(x);
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (i / kWidth == 2) {
      EXPECT_TRUE(std::isnan(after[i]));
    } else {
      EXPECT_NEAR(after[i], before[i], 1e-5);
    }
  }
}

TEST(MixtureOfExperts, CountsTheParametersATokenDoesNotUse) {
  Layer layer({.experts = 8, .experts_per_token = 2});
  EXPECT_EQ(layer.mixer.inactive_parameters(), 6 * 3 * 10 * kWidth);
  EXPECT_EQ(layer.parameters.count(), 8 * 3 * 10 * kWidth + 8 * kWidth);
}

TEST(MixtureOfExperts, FreshWeightsByVarianceScaleAreTruncatedNormal) {
  Layer layer({.experts = 40, .experts_per_token = 1, .variance_scale = 0.1f});
  const double deviation = std::sqrt(0.1 / 10);  // of down_proj, whose inputs are 10
  double squares = 0, largest = 0;
  for (std::int64_t e = 0; e < 40; ++e) {
    for (const double v :
         test::to_doubles(layer.parameter("experts." + std::to_string(e) + ".down_proj.weight").value())) {
      squares += v * v;
      largest = std::max(largest, std::abs(v));
    }
  }
  EXPECT_LE(largest, 2 * deviation);
  EXPECT_GT(largest, 1.95 * deviation);
  // Cut at two deviations, a normal distribution keeps 0.8796 of its deviation; 2400 draws tell it to 2%.
  EXPECT_NEAR(std::sqrt(squares / (40 * 10 * kWidth)) / deviation, 0.8796, 0.04);
}

TEST(MixtureOfExperts, RefusesWhatItCannotBe) {
  try {
    Layer layer({.experts = 4, .experts_per_token = 5});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "mixture of experts: experts per token must be from 1 to 4, got 5");
  }
  EXPECT_THROW(Layer({.experts = 0}), Error);
}

}  // namespace
}  // namespace sequent
