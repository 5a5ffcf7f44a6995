#include "sequent/text/span_corruption.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "sequent/base/error.h"

namespace sequent {
namespace {

constexpr std::int32_t kEnd = 999;

std::vector<std::int32_t> sentinels() {
  std::vector<std::int32_t> ids(100);
  std::iota(ids.rbegin(), ids.rend(), 1000);
  return ids;
}

std::vector<std::int32_t> text_of(std::int64_t length) {
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(length));
  std::iota(tokens.begin(), tokens.end(), 0);
  return tokens;
}

TEST(SpanCorruption, CountsAreThoseOfT5) {
  const auto counts = [](std::int64_t length) {
    const SpanCounts c = span_counts(length);
    return std::pair(c.noise, c.spans);
  };
  EXPECT_EQ(counts(568), std::pair(std::int64_t{85}, std::int64_t{28}));
  EXPECT_EQ(counts(2), std::pair(std::int64_t{1}, std::int64_t{1}));
  EXPECT_EQ(counts(100), std::pair(std::int64_t{15}, std::int64_t{5}));
  EXPECT_EQ(counts(10), std::pair(std::int64_t{2}, std::int64_t{1}));  // 1.5 to even
  EXPECT_EQ(counts(30), std::pair(std::int64_t{4}, std::int64_t{1}));  // 4.5 to even
  EXPECT_THROW(span_counts(1), Error);
}

TEST(SpanCorruption, InputsOf512TokensHoldATextOf568) {
  EXPECT_EQ(tokens_for_inputs(512), 568);
  EXPECT_EQ(tokens_for_inputs(3), 2);
  EXPECT_THROW(tokens_for_inputs(2), Error);
  const CorruptedText text = corrupt_spans(text_of(568), sentinels(), kEnd, Random(1, 2));
  EXPECT_EQ(text.inputs.size(), 512u);
  EXPECT_EQ(text.targets.size(), 114u);
}

TEST(SpanCorruption, InterleavingGivesTheTextBack) {
  for (const std::int64_t length : {2, 3, 4, 7, 20, 100, 567}) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const std::vector<std::int32_t> tokens = text_of(length);
      const CorruptedText text = corrupt_spans(tokens, sentinels(), kEnd, Random(seed, 0));
      const SpanCounts counts = span_counts(length);
      EXPECT_EQ(fill_blanks(text.inputs, text.targets, sentinels(), kEnd), tokens) << length;
      EXPECT_EQ(static_cast<std::int64_t>(text.inputs.size()), length - counts.noise + counts.spans + 1);
      EXPECT_EQ(static_cast<std::int64_t>(text.targets.size()), counts.noise + counts.spans + 1);
      EXPECT_EQ(text.inputs.back(), kEnd);
      EXPECT_EQ(text.targets.back(), kEnd);
      // A kept token comes first, and sentinels in order.
      EXPECT_LT(text.inputs.front(), 1000 - 1);
      EXPECT_EQ(text.targets.front(), sentinels()[0]);
      std::int32_t expected = sentinels()[0];
      for (const std::int32_t token : text.inputs) {
        if (token >= 1000) {
          EXPECT_EQ(token, expected--);
        }
      }
    }
  }
}

TEST(SpanCorruption, EveryDivisionIsAsLikely) {
  // 14 tokens: 2 noise tokens in one span; with a density of a half, 7 in 2 spans: 6 ways to cut each kind.
  const SpanCorruption half{.noise_density = 0.5, .mean_span_length = 3.0};
  std::map<std::vector<std::int64_t>, int> seen;
  constexpr int kDraws = 7200;
  for (int i = 0; i < kDraws; ++i) {
    const std::vector<std::int64_t> runs = random_runs(14, Random(5, static_cast<std::uint64_t>(i)), half);
    EXPECT_EQ(std::accumulate(runs.begin(), runs.end(), std::int64_t{0}), 14);
    EXPECT_GE(*std::min_element(runs.begin(), runs.end()), 1);
    ++seen[runs];
  }
  EXPECT_EQ(seen.size(), 36u);
  // 200 expected of each; five standard deviations are 70.
  for (const auto& [runs, count] : seen) EXPECT_NEAR(count, 200, 70);
}

TEST(SpanCorruption, IsAPureFunctionOfItsSeed) {
  const auto text = [](std::uint64_t seed) { return corrupt_spans(text_of(60), sentinels(), kEnd, Random(seed, 3)); };
  EXPECT_EQ(text(1).inputs, text(1).inputs);
  EXPECT_NE(text(1).inputs, text(2).inputs);
}

TEST(SpanCorruption, NeedsASentinelForEverySpan) {
  const std::vector<std::int32_t> two = {1001, 1000};
  EXPECT_NO_THROW(corrupt_spans(text_of(40), two, kEnd, Random(1, 1)));
  EXPECT_THROW(corrupt_spans(text_of(100), two, kEnd, Random(1, 1)), Error);
}

TEST(SpanCorruption, ABlankWithoutAnAnswerStays) {
  const std::vector<std::int32_t> inputs = {5, 1001, 6, 1000, kEnd}, answer = {1000, 7, 8, kEnd};
  EXPECT_EQ(fill_blanks(inputs, answer, std::vector<std::int32_t>{1001, 1000}, kEnd),
            (std::vector<std::int32_t>{5, 1001, 6, 7, 8}));
}

}  // namespace
}  // namespace sequent
