#include "sequent/infer/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "sequent/base/error.h"
#include "sequent/base/random.h"

namespace sequent {
namespace {

struct Candidate {
  std::int32_t id;
  double value;  // logit, later probability
};

// A strict order, so that the result does not depend on the sorting algorithm.
bool likelier(const Candidate& a, const Candidate& b) {
  return a.value != b.value ? a.value > b.value : a.id < b.id;
}

std::vector<Candidate> candidates_of(std::span<const float> logits) {
  check(!logits.empty(), "sample: there must be at least one logit, got none");
  std::vector<Candidate> candidates(logits.size());
  bool possible = false;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    check(!(std::isnan(logits[i]) || logits[i] == std::numeric_limits<float>::infinity()),
          "sample: logits must be finite, got {} for token {}", logits[i], i);
    possible = possible || std::isfinite(logits[i]);
    candidates[i] = {static_cast<std::int32_t>(i), logits[i]};
  }
  check(possible, "sample: at least one logit must be finite, got -inf for all {}", logits.size());
  return candidates;
}

void penalize_repetition(std::vector<Candidate>& candidates, std::span<const std::int32_t> recent,
                         const SamplerOptions& options) {
  if (options.repeat_penalty == 1.0) return;
  const std::size_t window = std::min(recent.size(), static_cast<std::size_t>(options.repeat_window));
  std::vector<std::int32_t> seen(recent.end() - static_cast<std::ptrdiff_t>(window), recent.end());
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  for (const std::int32_t id : seen) {
    if (id < 0 || static_cast<std::size_t>(id) >= candidates.size()) continue;
    double& logit = candidates[static_cast<std::size_t>(id)].value;
    logit = logit > 0 ? logit / options.repeat_penalty : logit * options.repeat_penalty;
  }
}

// Keeps the top_k candidates, sorted where a later step needs the order.
void keep_top_k(std::vector<Candidate>& candidates, const SamplerOptions& options) {
  const auto k = static_cast<std::size_t>(options.top_k);
  if (k > 0 && k < candidates.size()) {
    std::nth_element(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(k) - 1, candidates.end(),
                     likelier);
    candidates.resize(k);
  }
  std::sort(candidates.begin(), candidates.end(), likelier);
}

void to_probabilities(std::vector<Candidate>& candidates, double temperature) {
  const double largest = candidates.front().value;
  double total = 0;
  for (Candidate& candidate : candidates) {
    candidate.value = std::exp((candidate.value - largest) / temperature);
    total += candidate.value;
  }
  for (Candidate& candidate : candidates) candidate.value /= total;
}

void keep_top_p(std::vector<Candidate>& candidates, double top_p) {
  if (top_p >= 1.0) return;
  double total = 0;
  std::size_t kept = 0;
  while (kept < candidates.size() && total < top_p) total += candidates[kept++].value;
  candidates.resize(kept);
}

void keep_min_p(std::vector<Candidate>& candidates, double min_p) {
  const double least = min_p * candidates.front().value;
  while (candidates.back().value < least) candidates.pop_back();
}

std::int32_t draw(const std::vector<Candidate>& candidates, std::uint64_t seed, std::uint64_t counter) {
  double total = 0;
  for (const Candidate& candidate : candidates) total += candidate.value;
  static const std::uint64_t stream = Random::stream_of("sample");
  const double uniform = static_cast<double>(Random(seed, stream).bits(counter) >> 11) * 0x1p-53;
  double left = uniform * total;
  for (const Candidate& candidate : candidates) {
    left -= candidate.value;
    if (left < 0) return candidate.id;
  }
  return candidates.front().id;  // only if rounding left a remainder
}

}  // namespace

void validate(const SamplerOptions& options) {
  check(options.temperature >= 0 && std::isfinite(options.temperature),
        "sample: temperature must be 0 or more and finite, got {}", options.temperature);
  check(options.top_k >= 0, "sample: top_k must be 0 or more, got {}", options.top_k);
  check(options.top_p > 0 && options.top_p <= 1, "sample: top_p must be above 0 and at most 1, got {}", options.top_p);
  check(options.min_p >= 0 && options.min_p <= 1, "sample: min_p must be from 0 to 1, got {}", options.min_p);
  check(options.repeat_penalty > 0 && std::isfinite(options.repeat_penalty),
        "sample: repeat_penalty must be above 0 and finite, got {}", options.repeat_penalty);
  check(options.repeat_window >= 0 && options.repeat_window <= kMaximumRepeatWindow,
        "sample: repeat_window must be from 0 to {}, got {}", kMaximumRepeatWindow, options.repeat_window);
}

std::int32_t sample(std::span<const float> logits, std::span<const std::int32_t> recent, const SamplerOptions& options,
                    std::uint64_t counter) {
  validate(options);
  std::vector<Candidate> candidates = candidates_of(logits);
  penalize_repetition(candidates, recent, options);
  if (options.temperature == 0) return std::min_element(candidates.begin(), candidates.end(), likelier)->id;
  keep_top_k(candidates, options);
  to_probabilities(candidates, options.temperature);
  keep_top_p(candidates, options.top_p);
  keep_min_p(candidates, options.min_p);
  return draw(candidates, options.seed, counter);
}

}  // namespace sequent
