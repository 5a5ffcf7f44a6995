// Choosing the next token from its logits.
#pragma once

#include <cstdint>
#include <span>

namespace sequent {

/// The longest repeat_window, and so how many tokens a Session remembers.
inline constexpr std::int64_t kMaximumRepeatWindow = 4096;

struct SamplerOptions {
  double temperature = 0.8;         // 0: the most likely token
  std::int64_t top_k = 40;          // keep so many of the likeliest tokens; 0: all
  double top_p = 0.95;              // keep the fewest of the likeliest that together have this probability; 1: all
  double min_p = 0.0;               // keep those at least this fraction as likely as the likeliest; 0: all
  double repeat_penalty = 1.0;      // for tokens among the last repeat_window; 1: none
  std::int64_t repeat_window = 64;  // at most kMaximumRepeatWindow
  std::uint64_t seed = 0;
};

/// Throws unless temperature >= 0 and finite, top_k >= 0, 0 < top_p <= 1, 0 <= min_p <= 1, repeat_penalty > 0 and
/// finite, and 0 <= repeat_window <= kMaximumRepeatWindow.
void validate(const SamplerOptions& options);

/// Picks a token, in this order:
///   1. Repetition (Keskar et al., "CTRL", 2019): the logit of each token among the last repeat_window of `recent` is
///      divided by repeat_penalty if it is positive and multiplied by it otherwise, once however often it occurred.
///   2. With temperature 0, the largest logit; of several the smallest id. Nothing below matters.
///   3. top_k of the logits; of equal ones the smaller ids.
///   4. p = softmax(logit / temperature) over what is left.
///   5. top_p (Holtzman et al., "The curious case of neural text degeneration", 2020): the likeliest tokens until
///      their probabilities add up to top_p, always at least one.
///   6. min_p: those with p >= min_p * max p.
///   7. One of the rest in proportion to p, by the random number (seed, counter).
/// A pure function of its arguments. A logit that is NaN or +infinity is an Error; -infinity means never.
std::int32_t sample(std::span<const float> logits, std::span<const std::int32_t> recent, const SamplerOptions& options,
                    std::uint64_t counter);

}  // namespace sequent
