#include "sequent/video/clip_dataset.h"

#include "sequent/base/error.h"
#include "sequent/base/permutation.h"
#include "sequent/video/frame_source.h"

namespace sequent {
namespace {

/// Frames of all clips, end to end.
std::vector<std::int64_t> joined(const std::vector<std::vector<std::int64_t>>& clips) {
  std::vector<std::int64_t> all;
  for (const auto& clip : clips) all.insert(all.end(), clip.begin(), clip.end());
  return all;
}

}  // namespace

ClipDataset::ClipDataset(VideoList videos, const ClipSettings& settings, std::function<void(const std::string&)> warn)
    : videos_(std::move(videos)), settings_(settings), warn_(std::move(warn)) {
  check(!videos_.entries.empty(), "data: there are no videos");
  check(settings.size >= 1, "data: the size of a clip must be at least 1, got {}", settings.size);
  settings.sampling.validate();
  settings.augmentation.validate();
}

Shape ClipDataset::sample_shape() const {
  return {settings_.sampling.clips, 3, settings_.sampling.frames, settings_.size, settings_.size};
}

std::int64_t ClipDataset::sample(std::int64_t epoch, std::int64_t i, const Tensor& out) const {
  constexpr std::uint64_t kTries = 100;
  check(epoch >= 0 && i >= 0 && i < size(), "data: there is no sample {} of epoch {}", i, epoch);
  const std::uint64_t seed = Random(settings_.seed, Random::stream_of("clips")).bits(static_cast<std::uint64_t>(epoch));
  const Permutation order(size(), seed);
  for (std::uint64_t attempt = 0; attempt < kTries; ++attempt) {
    const Random random(seed, static_cast<std::uint64_t>(i) * kTries + attempt);
    const std::int64_t video =
        attempt == 0 ? order(i) : static_cast<std::int64_t>(random.below(0, static_cast<std::uint64_t>(size())));
    try {
      read(video, random, out);
      return video;
    } catch (const Error& error) {
      skip(video, error.what());
    }
  }
  fail("data: of {} videos tried in a row none could be used", kTries);
}

void ClipDataset::read(std::int64_t video, const Random& random, const Tensor& out) const {
  const std::unique_ptr<FrameSource> source = open_frames(videos_.entries[static_cast<std::size_t>(video)].path);
  const ClipSampling& sampling = settings_.sampling;
  const std::int64_t frames = source->frame_count();
  check(!settings_.skip_short || frames >= sampling.span(), "it has {} frames, fewer than a clip spans, {}", frames,
        sampling.span());
  constexpr std::uint64_t kFirstDraw = 1;  // 0 chose the video
  const std::vector<std::int64_t> indices = joined(clip_frames(frames, sampling, random, kFirstDraw));
  std::vector<View> views;
  for (std::int64_t clip = 0; clip < sampling.clips; ++clip) {
    const auto counter =
        kFirstDraw + static_cast<std::uint64_t>(sampling.clips) + static_cast<std::uint64_t>(clip) * kViewDraws;
    views.push_back(
        random_view(source->height(), source->width(), settings_.size, settings_.augmentation, random, counter));
  }
  std::vector<Tensor> clips;
  for (std::int64_t clip = 0; clip < sampling.clips; ++clip) {
    clips.push_back(out.slice(clip, clip + 1).reshape({3, sampling.frames, settings_.size, settings_.size}));
  }
  source->read(indices, [&](std::int64_t place, const Tensor& frame) {
    const auto clip = static_cast<std::size_t>(place / sampling.frames);
    apply_view(views[clip], frame, clips[clip], place % sampling.frames);
  });
}

void ClipDataset::skip(std::int64_t video, const std::string& reason) const {
  const std::lock_guard lock(mutex_);
  if (skipped_.insert(video).second && warn_) {
    const std::string& path = videos_.entries[static_cast<std::size_t>(video)].path;
    warn_(reason.find(path) != std::string::npos ? "skipped: " + reason : "skipped " + path + ": " + reason);
  }
}

std::int64_t ClipDataset::skipped() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(skipped_.size());
}

std::vector<std::vector<Tensor>> evaluation_clips(const std::string& path, const ClipSampling& sampling,
                                                  std::int64_t size, std::int64_t views, const Random& random) {
  const std::unique_ptr<FrameSource> source = open_frames(path);
  const std::vector<View> all = evaluation_views(source->height(), source->width(), size, views);
  const std::vector<std::int64_t> indices = joined(clip_frames(source->frame_count(), sampling, random, 0));
  std::vector<std::vector<Tensor>> clips(all.size());
  for (auto& of_view : clips) {
    for (std::int64_t c = 0; c < sampling.clips; ++c) {
      of_view.push_back(Tensor::empty({3, sampling.frames, size, size}));
    }
  }
  source->read(indices, [&](std::int64_t place, const Tensor& frame) {
    const auto clip = static_cast<std::size_t>(place / sampling.frames);
    for (std::size_t v = 0; v < all.size(); ++v) apply_view(all[v], frame, clips[v][clip], place % sampling.frames);
  });
  return clips;
}

}  // namespace sequent
