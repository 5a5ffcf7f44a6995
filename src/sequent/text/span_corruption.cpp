#include "sequent/text/span_corruption.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sequent/base/error.h"

namespace sequent {
namespace {

// Halves to even.
std::int64_t rounded(double value) {
  return static_cast<std::int64_t>(std::nearbyint(value));
}

// Cuts `total` into `parts` positive parts; every way to do so is as likely. `counter` moves on.
std::vector<std::int64_t> random_parts(std::int64_t total, std::int64_t parts, const Random& random,
                                       std::uint64_t& counter) {
  // A part begins where there is a 1: a shuffled vector of parts - 1 ones, and one before it.
  std::vector<char> begins(static_cast<std::size_t>(total - 1), 0);
  std::fill_n(begins.begin(), parts - 1, 1);
  for (std::size_t i = begins.size(); i > 1; --i) std::swap(begins[i - 1], begins[random.below(counter++, i)]);
  std::vector<std::int64_t> lengths = {1};
  for (const char begin : begins) {
    if (begin) lengths.push_back(0);
    ++lengths.back();
  }
  return lengths;
}

}  // namespace

SpanCounts span_counts(std::int64_t length, const SpanCorruption& options) {
  check(length >= 2, "span corruption: there must be at least two tokens, got {}", length);
  const std::int64_t noise =
      std::clamp<std::int64_t>(rounded(options.noise_density * static_cast<double>(length)), 1, length - 1);
  const std::int64_t spans = std::max<std::int64_t>(1, rounded(static_cast<double>(noise) / options.mean_span_length));
  // Between two spans something is kept.
  return {noise, std::min({spans, noise, length - noise})};
}

std::int64_t tokens_for_inputs(std::int64_t inputs, const SpanCorruption& options) {
  check(inputs >= 3, "span corruption: inputs must have room for at least 3 tokens, got {}", inputs);
  const auto inputs_of = [&](std::int64_t length) {
    const SpanCounts counts = span_counts(length, options);
    return length - counts.noise + counts.spans + 1;
  };
  std::int64_t length = 2;
  while (inputs_of(length + 1) <= inputs) ++length;
  return length;
}

std::vector<std::int64_t> random_runs(std::int64_t length, const Random& random, const SpanCorruption& options) {
  const SpanCounts counts = span_counts(length, options);
  std::uint64_t counter = 0;
  const std::vector<std::int64_t> noise = random_parts(counts.noise, counts.spans, random, counter);
  const std::vector<std::int64_t> kept = random_parts(length - counts.noise, counts.spans, random, counter);
  std::vector<std::int64_t> runs;
  for (std::size_t i = 0; i < noise.size(); ++i) {
    runs.push_back(kept[i]);
    runs.push_back(noise[i]);
  }
  return runs;
}

CorruptedText corrupt_spans(std::span<const std::int32_t> tokens, std::span<const std::int32_t> sentinels,
                            std::int32_t end_of_text, const Random& random, const SpanCorruption& options) {
  const std::vector<std::int64_t> runs = random_runs(static_cast<std::int64_t>(tokens.size()), random, options);
  check(runs.size() / 2 <= sentinels.size(),
        "span corruption: {} tokens have {} spans, but there are only {} sentinels", tokens.size(), runs.size() / 2,
        sentinels.size());
  CorruptedText result;
  auto next = tokens.begin();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::vector<std::int32_t>& to = i % 2 == 0 ? result.inputs : result.targets;
    if (i % 2 == 1) {
      result.inputs.push_back(sentinels[i / 2]);
      result.targets.push_back(sentinels[i / 2]);
    }
    to.insert(to.end(), next, next + runs[i]);
    next += runs[i];
  }
  result.inputs.push_back(end_of_text);
  result.targets.push_back(end_of_text);
  return result;
}

std::vector<std::int32_t> fill_blanks(std::span<const std::int32_t> inputs, std::span<const std::int32_t> answer,
                                      std::span<const std::int32_t> sentinels, std::int32_t end_of_text) {
  const auto is_sentinel = [&](std::int32_t token) {
    return std::find(sentinels.begin(), sentinels.end(), token) != sentinels.end();
  };
  std::vector<std::int32_t> result;
  for (const std::int32_t token : inputs) {
    if (token == end_of_text) continue;
    const auto found = is_sentinel(token) ? std::find(answer.begin(), answer.end(), token) : answer.end();
    if (found == answer.end()) {
      result.push_back(token);
      continue;
    }
    for (auto next = found + 1; next != answer.end() && *next != end_of_text && !is_sentinel(*next); ++next) {
      result.push_back(*next);
    }
  }
  return result;
}

}  // namespace sequent
