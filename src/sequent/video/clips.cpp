#include "sequent/video/clips.h"

#include <algorithm>

#include "sequent/base/error.h"

namespace sequent {
namespace {

/// `number` values evenly from begin to end, both included, and then `end` until there are `total`; rounded down, and
/// at most `last`.
std::vector<std::int64_t> spaced(std::int64_t begin, std::int64_t end, std::int64_t number, std::int64_t total,
                                 std::int64_t last) {
  const double step = number > 1 ? static_cast<double>(end - begin) / static_cast<double>(number - 1) : 0.0;
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < total; ++i) {
    // A single value is the beginning.
    const bool at_end = i >= number || (i == number - 1 && number > 1);
    const double value = at_end ? static_cast<double>(end) : static_cast<double>(i) * step + static_cast<double>(begin);
    values.push_back(std::clamp(static_cast<std::int64_t>(value), begin, std::max(begin, last)));
  }
  return values;
}

}  // namespace

void ClipSampling::validate() const {
  check(frames >= 1, "clips: frames must be at least 1, got {}", frames);
  check(stride >= 1, "clips: stride must be at least 1, got {}", stride);
  check(clips >= 1, "clips: clips must be at least 1, got {}", clips);
}

std::vector<std::vector<std::int64_t>> clip_frames(std::int64_t count, const ClipSampling& sampling,
                                                   const Random& random, std::uint64_t counter) {
  sampling.validate();
  check(count >= 1, "clips: a video must have at least 1 frame, got {}", count);
  const std::int64_t span = sampling.span();
  const std::int64_t part = count / sampling.clips;
  std::vector<std::vector<std::int64_t>> clips;
  for (std::int64_t i = 0; i < sampling.clips; ++i) {
    std::vector<std::int64_t> numbers;
    std::int64_t begin = i * part;
    if (part > span) {
      // The published range of beginnings leaves out the last possible one.
      const auto beginnings = static_cast<std::uint64_t>(part - span);
      const std::int64_t start =
          sampling.random ? static_cast<std::int64_t>(random.below(counter + static_cast<std::uint64_t>(i), beginnings))
                          : 0;
      numbers = spaced(start, start + span, sampling.frames, sampling.frames, start + span - 1);
    } else if (!sampling.overlap) {
      numbers = spaced(0, part, part / sampling.stride, sampling.frames, part - 1);
    } else {
      const std::int64_t length = std::min(span, count) - 1;
      numbers = spaced(0, length, length / sampling.stride, sampling.frames, length - 1);
      begin = count > span ? i * ((count - span) / (sampling.clips - 1)) : 0;
    }
    for (std::int64_t& number : numbers) number = std::min(number + begin, count - 1);
    clips.push_back(std::move(numbers));
  }
  return clips;
}

}  // namespace sequent
