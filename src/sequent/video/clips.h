// Which frames make a clip: the sampling of V-JEPA's data sets (Bardes et al., "Revisiting feature prediction for
// learning visual representations from video", 2024).
#pragma once

#include <cstdint>
#include <vector>

#include "sequent/base/random.h"

namespace sequent {

struct ClipSampling {
  std::int64_t frames = 16;  // of a clip
  std::int64_t stride = 4;   // a clip spans frames * stride frames of the video
  std::int64_t clips = 1;    // of a video: it is cut into so many equal parts, one clip from each
  /// Each clip lies anywhere in its part; otherwise it begins where the part begins.
  bool random = true;
  /// Clips of a video too short for its parts may overlap, spread evenly; otherwise each repeats the last frame of its
  /// part.
  bool overlap = false;

  std::int64_t span() const { return frames * stride; }
  /// Errors: a number below 1.
  void validate() const;
};

/// The frames of every clip of a video of `count` frames, count >= 1; each clip has `frames` numbers, ascending.
///
/// A part longer than the span: a window [s, s + span) of it, s uniform; the numbers are linspace(s, s + span, frames),
/// at most s + span - 1, rounded down. As both ends take part, the step is span / (frames - 1), more than the stride.
/// A part of p <= span frames: linspace(0, p, p / stride), then p as often as is needed, all at most p - 1. With
/// `overlap`, p is min(span, count) - 1, and clip i begins i * ((count - span) / (clips - 1)) frames later.
///
/// Random numbers are drawn at `counter` and the following clips - 1 counters.
std::vector<std::vector<std::int64_t>> clip_frames(std::int64_t count, const ClipSampling& sampling,
                                                   const Random& random, std::uint64_t counter);

}  // namespace sequent
