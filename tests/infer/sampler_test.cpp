#include "sequent/infer/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "sequent/base/error.h"
#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Everything off: the whole distribution.
SamplerOptions plain(double temperature = 1.0) {
  return {.temperature = temperature, .top_k = 0, .top_p = 1.0, .min_p = 0.0, .seed = 3};
}

std::map<std::int32_t, double> shares(const std::vector<float>& logits, const SamplerOptions& options,
                                      const std::vector<std::int32_t>& recent = {}, std::uint64_t draws = 20000) {
  std::map<std::int32_t, double> counts;
  for (std::uint64_t i = 0; i < draws; ++i)
    counts[sample(logits, recent, options, i)] += 1.0 / static_cast<double>(draws);
  return counts;
}

TEST(Sampler, TemperatureZeroAndTopKOneTakeTheLargestLogit) {
  const std::vector<float> logits = test::to_float(test::random_values(500, "logits", 3.0));
  const auto largest = static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  SamplerOptions greedy;
  greedy.temperature = 0;
  SamplerOptions one;
  one.top_k = 1;
  for (std::uint64_t counter = 0; counter < 50; ++counter) {
    EXPECT_EQ(sample(logits, {}, greedy, counter), largest);
    EXPECT_EQ(sample(logits, {}, one, counter), largest);
  }
}

TEST(Sampler, OfEqualLogitsTheSmallerIdsComeFirst) {
  const std::vector<float> logits = {0, 1, 1, 1, 0};
  SamplerOptions greedy = plain(0);
  EXPECT_EQ(sample(logits, {}, greedy, 0), 1);
  SamplerOptions two = plain();
  two.top_k = 2;
  for (const auto& [id, share] : shares(logits, two, {}, 500)) EXPECT_TRUE(id == 1 || id == 2) << id;
}

TEST(Sampler, DrawsInProportionToTheSoftmax) {
  const std::vector<float> logits = {0.0f, 1.0f, 2.0f, -1.0f, -kInfinity};
  for (const double temperature : {0.5, 1.0, 2.0}) {
    std::vector<double> expected;
    double total = 0;
    for (const float logit : logits) {
      expected.push_back(std::exp(static_cast<double>(logit) / temperature));
      total += expected.back();
    }
    std::map<std::int32_t, double> actual = shares(logits, plain(temperature));
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double p = expected[i] / total;
      // Four standard deviations.
      EXPECT_NEAR(actual[static_cast<std::int32_t>(i)], p, 4 * std::sqrt(p * (1 - p) / 20000) + 1e-12)
          << "token " << i << " at temperature " << temperature;
    }
  }
}

TEST(Sampler, TopKKeepsTheLikeliest) {
  const std::vector<float> logits = {0.0f, 0.3f, 0.2f, 0.1f, 0.25f};
  SamplerOptions options = plain();
  options.top_k = 3;
  const auto actual = shares(logits, options, {}, 2000);
  EXPECT_EQ(actual.size(), 3u);
  for (const std::int32_t id : {1, 2, 4}) EXPECT_TRUE(actual.contains(id)) << id;
}

TEST(Sampler, TopPKeepsTheFewestThatReachIt) {
  // Probabilities 0.5, 0.3, 0.15, 0.05.
  const std::vector<float> logits = {std::log(0.5f), std::log(0.3f), std::log(0.15f), std::log(0.05f)};
  SamplerOptions options = plain();
  for (const auto& [top_p, kept] : {std::pair{0.4, 1u}, {0.6, 2u}, {0.79, 2u}, {0.9, 3u}, {0.97, 4u}, {1.0, 4u}}) {
    options.top_p = top_p;
    EXPECT_EQ(shares(logits, options, {}, 4000).size(), kept) << top_p;
  }
}

TEST(Sampler, MinPLeavesOutWhatIsMuchLessLikely) {
  const std::vector<float> logits = {std::log(0.5f), std::log(0.3f), std::log(0.15f), std::log(0.05f)};
  SamplerOptions options = plain();
  for (const auto& [min_p, kept] : {std::pair{0.0, 4u}, {0.2, 3u}, {0.5, 2u}, {1.0, 1u}}) {
    options.min_p = min_p;
    EXPECT_EQ(shares(logits, options, {}, 4000).size(), kept) << min_p;
  }
}

TEST(Sampler, RepeatPenaltyDividesPositiveAndMultipliesNegativeLogitsOnce) {
  const std::vector<float> logits = {2.0f, 1.5f, -1.0f, -1.2f};
  SamplerOptions options = plain(0);
  options.repeat_penalty = 2.0;
  EXPECT_EQ(sample(logits, std::vector<std::int32_t>{}, options, 0), 0);
  EXPECT_EQ(sample(logits, std::vector<std::int32_t>{0, 0, 0}, options, 0), 1);  // 1.0 against 1.5
  EXPECT_EQ(sample(logits, std::vector<std::int32_t>{0, 1}, options, 0), 0);     // 1.0 against 0.75, not 0.5 and 0.375
  const std::vector<float> negative = {-1.0f, -1.2f};
  EXPECT_EQ(sample(negative, std::vector<std::int32_t>{0}, options, 0), 1);  // -2 against -1.2
}

TEST(Sampler, RepeatWindowLooksAtTheLastTokensOnly) {
  const std::vector<float> logits = {2.0f, 1.5f};
  SamplerOptions options = plain(0);
  options.repeat_penalty = 2.0;
  options.repeat_window = 2;
  EXPECT_EQ(sample(logits, std::vector<std::int32_t>{0, 7, 7}, options, 0), 0);
  EXPECT_EQ(sample(logits, std::vector<std::int32_t>{7, 0, 7}, options, 0), 1);
  options.repeat_window = 0;
  EXPECT_EQ(sample(logits, std::vector<std::int32_t>{0, 0}, options, 0), 0);
}

TEST(Sampler, IsAFunctionOfSeedAndCounter) {
  const std::vector<float> logits(50, 0.0f);
  SamplerOptions a = plain();
  SamplerOptions b = plain();
  b.seed = 4;
  std::vector<std::int32_t> first;
  std::vector<std::int32_t> again;
  std::vector<std::int32_t> other;
  for (std::uint64_t i = 0; i < 100; ++i) {
    first.push_back(sample(logits, {}, a, i));
    again.push_back(sample(logits, {}, a, i));
    other.push_back(sample(logits, {}, b, i));
  }
  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
}

TEST(Sampler, RefusesValuesOutOfRange) {
  const std::vector<float> logits = {0, 1};
  const auto error = [&](auto change) {
    SamplerOptions options;
    change(options);
    return test::error_of([&] { sample(logits, {}, options, 0); });
  };
  EXPECT_EQ(error([](SamplerOptions& o) { o.temperature = -0.5; }),
            "sample: temperature must be 0 or more and finite, got -0.5");
  EXPECT_EQ(error([](SamplerOptions& o) { o.temperature = std::nan(""); }),
            "sample: temperature must be 0 or more and finite, got nan");
  EXPECT_EQ(error([](SamplerOptions& o) { o.top_k = -1; }), "sample: top_k must be 0 or more, got -1");
  EXPECT_EQ(error([](SamplerOptions& o) { o.top_p = 0; }), "sample: top_p must be above 0 and at most 1, got 0");
  EXPECT_EQ(error([](SamplerOptions& o) { o.top_p = 1.5; }), "sample: top_p must be above 0 and at most 1, got 1.5");
  EXPECT_EQ(error([](SamplerOptions& o) { o.min_p = -1; }), "sample: min_p must be from 0 to 1, got -1");
  EXPECT_EQ(error([](SamplerOptions& o) { o.repeat_penalty = 0; }),
            "sample: repeat_penalty must be above 0 and finite, got 0");
  EXPECT_EQ(error([](SamplerOptions& o) { o.repeat_window = 5000; }),
            "sample: repeat_window must be from 0 to 4096, got 5000");
}

TEST(Sampler, RefusesLogitsThatAreNotNumbers) {
  for (const double temperature : {0.0, 1.0}) {
    const SamplerOptions options = plain(temperature);
    EXPECT_EQ(test::error_of([&] {
                sample(std::vector<float>{0, std::nanf(""), 1}, {}, options, 0);
              }),
              "sample: logits must be finite, got nan for token 1");
    EXPECT_EQ(test::error_of([&] {
                sample(std::vector<float>{0, 1, kInfinity}, {}, options, 0);
              }),
              "sample: logits must be finite, got inf for token 2");
    EXPECT_EQ(test::error_of([&] {
                sample(std::vector<float>{-kInfinity, -kInfinity}, {}, options, 0);
              }),
              "sample: at least one logit must be finite, got -inf for all 2");
    EXPECT_EQ(test::error_of([&] { sample({}, {}, options, 0); }),
              "sample: there must be at least one logit, got none");
  }
}

}  // namespace
}  // namespace sequent
