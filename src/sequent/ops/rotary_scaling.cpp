#include "sequent/ops/rotary_scaling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string_view>

#include "sequent/base/error.h"

namespace sequent {
namespace {

using Kind = RotaryScaling::Kind;

constexpr std::array<std::string_view, 4> kKinds = {"none", "linear", "llama3", "yarn"};
constexpr double kFullTurn = 2 * std::numbers::pi;

/// How much of frequency theta is kept, from 0 (divided by the factor) to 1.
double kept_of_llama3(const RotaryScaling& scaling, double theta) {
  const double turns = static_cast<double>(scaling.original_context) * theta / kFullTurn;
  const double low = scaling.low_frequency_factor, high = scaling.high_frequency_factor;
  return std::clamp((turns - low) / (high - low), 0.0, 1.0);
}

/// The same of pair j. The ends of the ramp are the pairs that turn so many times, rounded outwards to whole ones.
double kept_of_yarn(const RotaryScaling& scaling, double base, std::int64_t width, std::int64_t j) {
  const auto pair_that_turns = [&](double times) {
    return static_cast<double>(width) * std::log(static_cast<double>(scaling.original_context) / (times * kFullTurn)) /
           (2 * std::log(base));
  };
  const double first = std::max(std::floor(pair_that_turns(scaling.beta_fast)), 0.0);
  const double last = std::min(std::ceil(pair_that_turns(scaling.beta_slow)), static_cast<double>(width - 1));
  // A ramp of no length is a step.
  const double length = first == last ? 0.001 : last - first;
  return 1 - std::clamp((static_cast<double>(j) - first) / length, 0.0, 1.0);
}

}  // namespace

std::vector<Field> RotaryScaling::fields() {
  return {{"rope_scaling", choice(kind, kKinds)},
          {"rope_factor", &factor},
          {"rope_original_context", &original_context},
          {"rope_low_frequency_factor", &low_frequency_factor},
          {"rope_high_frequency_factor", &high_frequency_factor},
          {"rope_beta_fast", &beta_fast},
          {"rope_beta_slow", &beta_slow},
          {"rope_attention_factor", &attention_factor}};
}

void RotaryScaling::validate() const {
  if (kind == Kind::none) return;
  check(std::isfinite(factor) && factor >= 1, "model: the factor of scaled rotary positions must be at least 1, got {}",
        factor);
  if (kind == Kind::linear) return;
  check(original_context > 0, "model: scaled rotary positions need the context they were first trained for, got {}",
        original_context);
  check(
      low_frequency_factor > 0 && high_frequency_factor > low_frequency_factor && std::isfinite(high_frequency_factor),
      "model: the frequency factors of scaled rotary positions must be positive and rise, got {} and {}",
      low_frequency_factor, high_frequency_factor);
  check(beta_slow > 0 && beta_fast > beta_slow && std::isfinite(beta_fast),
        "model: beta_slow and beta_fast of scaled rotary positions must be positive and rise, got {} and {}", beta_slow,
        beta_fast);
  check(attention_factor >= 0 && std::isfinite(attention_factor),
        "model: the attention factor of scaled rotary positions must not be negative, got {}", attention_factor);
}

double RotaryScaling::score_factor() const {
  if (kind != Kind::yarn) return 1;
  const double each = attention_factor > 0 ? attention_factor : 0.1 * std::log(static_cast<double>(factor)) + 1;
  return each * each;
}

std::vector<double> rotary_frequencies(double base, std::int64_t width, const RotaryScaling& scaling) {
  std::vector<double> frequencies(static_cast<std::size_t>(width / 2));
  for (std::size_t j = 0; j < frequencies.size(); ++j) {
    const double theta = std::pow(base, -2 * static_cast<double>(j) / static_cast<double>(width));
    const double kept = scaling.kind == Kind::none     ? 1
                        : scaling.kind == Kind::linear ? 0
                        : scaling.kind == Kind::llama3
                            ? kept_of_llama3(scaling, theta)
                            : kept_of_yarn(scaling, base, width, static_cast<std::int64_t>(j));
    frequencies[j] = kept * theta + (1 - kept) * theta / scaling.factor;
  }
  return frequencies;
}

}  // namespace sequent
