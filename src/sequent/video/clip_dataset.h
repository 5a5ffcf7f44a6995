// Clips of a data set as numbers for a model, in random order: sample i of epoch e is a pure function of the videos,
// the settings and the seed, so that nothing depends on threads, and a resumed run sees what it would have seen.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "sequent/tensor/tensor.h"
#include "sequent/video/clips.h"
#include "sequent/video/transform.h"
#include "sequent/video/video_list.h"

namespace sequent {

struct ClipSettings {
  ClipSampling sampling;
  std::int64_t size = 224;  // height and width of a clip
  Augmentation augmentation;
  /// Videos of fewer frames than a clip spans are skipped; otherwise their clips repeat the last frame.
  bool skip_short = false;
  std::uint64_t seed = 1;
};

class ClipDataset {
 public:
  /// `warn` is told of every video that is skipped, once.
  ClipDataset(VideoList videos, const ClipSettings& settings, std::function<void(const std::string&)> warn = {});

  /// Videos, and so samples of an epoch.
  std::int64_t size() const { return static_cast<std::int64_t>(videos_.entries.size()); }
  const VideoList& videos() const { return videos_; }
  const ClipSettings& settings() const { return settings_; }
  /// [clips of a video, 3, frames, size, size].
  Shape sample_shape() const;

  /// Writes the clips of sample `i` of `epoch` into `out` of sample_shape() and returns the number of its video. An
  /// epoch has every video once; in the place of one that cannot be read, or is too short, stands another. May be
  /// called from several threads. Error: a hundred videos in a row were of no use.
  std::int64_t sample(std::int64_t epoch, std::int64_t i, const Tensor& out) const;

  /// Videos skipped so far.
  std::int64_t skipped() const;

 private:
  void read(std::int64_t video, const Random& random, const Tensor& out) const;
  void skip(std::int64_t video, const std::string& reason) const;

  VideoList videos_;
  ClipSettings settings_;
  std::function<void(const std::string&)> warn_;
  mutable std::mutex mutex_;
  mutable std::set<std::int64_t> skipped_;
};

/// The clips of one video for evaluation, view by view: entry [v][c] is clip c through view v, [3, frames, size, size].
/// See clip_frames() and evaluation_views(); random numbers, if the sampling asks for them, come from `random`.
std::vector<std::vector<Tensor>> evaluation_clips(const std::string& path, const ClipSampling& sampling,
                                                  std::int64_t size, std::int64_t views, const Random& random);

}  // namespace sequent
