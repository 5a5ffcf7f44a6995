#include "sequent/nn/tubelets.h"

#include <cstring>

#include "sequent/base/error.h"
#include "sequent/base/threads.h"

namespace sequent {
namespace {

// Copies one tubelet of a clip [channels, frames, height, width] whose first pixel is `from`.
void copy_tubelet(const float* from, const Tensor& clips, const TubeletSize& size, float* to) {
  const std::int64_t frame = clips.size(3) * clips.size(4);
  for (std::int64_t channel = 0; channel < clips.size(1); ++channel) {
    for (std::int64_t t = 0; t < size.frames; ++t) {
      for (std::int64_t row = 0; row < size.patch; ++row, to += size.patch) {
        std::memcpy(to, from + (channel * clips.size(2) + t) * frame + row * clips.size(4),
                    static_cast<std::size_t>(size.patch) * sizeof(float));
      }
    }
  }
}

}  // namespace

TokenGrid grid_of(const Tensor& clips, const TubeletSize& size) {
  check(clips.shape().rank() == 5, "tubelets: clips must be [clips, channels, frames, height, width], got {}",
        to_string(clips.shape()));
  check(size.frames >= 1 && size.patch >= 1, "tubelets: sizes must be positive, got {} frames and a patch of {}",
        size.frames, size.patch);
  const TokenGrid grid = {clips.size(2) / size.frames, clips.size(3) / size.patch, clips.size(4) / size.patch};
  check(grid.tokens() > 0 && grid.depth * size.frames == clips.size(2) && grid.height * size.patch == clips.size(3) &&
            grid.width * size.patch == clips.size(4),
        "tubelets: frames, height and width must be multiples of {}, {} and {}, got {}, {} and {}", size.frames,
        size.patch, size.patch, clips.size(2), clips.size(3), clips.size(4));
  return grid;
}

Tensor tubelets(const Tensor& clips, const TubeletSize& size, const TokenSets& sets) {
  const TokenGrid grid = grid_of(clips, size);
  check_token_sets("tubelets", sets, grid);
  check(clips.size(0) > 0 && sets.count() % clips.size(0) == 0,
        "tubelets: there must be as many sets as clips, or a multiple, got {} for {}", sets.count(), clips.size(0));
  const std::int64_t pixels = clips.size(1) * size.frames * size.patch * size.patch;
  const Tensor result = Tensor::empty({sets.segments.tokens(), pixels});
  const std::int64_t clip_pixels = clips.elements() / clips.size(0);
  const float* from = clips.floats();
  float* to = result.mutable_floats();
  parallel_for(0, sets.count(), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t set = begin; set < end; ++set) {
      const float* clip = from + set % clips.size(0) * clip_pixels;
      for (std::int64_t at = sets.segments.begin(set); at < sets.segments.end(set); ++at) {
        const std::int64_t id = sets.ids[static_cast<std::size_t>(at)];
        const std::int64_t frame = id / (grid.height * grid.width) * size.frames;
        const std::int64_t row = id / grid.width % grid.height * size.patch, column = id % grid.width * size.patch;
        copy_tubelet(clip + (frame * clips.size(3) + row) * clips.size(4) + column, clips, size, to + at * pixels);
      }
    }
  });
  return result;
}

}  // namespace sequent
