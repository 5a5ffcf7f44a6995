#include "sequent/video/masks.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sequent/base/error.h"
#include "sequent/base/random.h"

namespace sequent {
namespace {

constexpr BlockMasks kShortRange = {.blocks = 8, .spatial_scale = {0.15, 0.15}};
constexpr BlockMasks kLongRange = {.blocks = 2, .spatial_scale = {0.7, 0.7}};
constexpr double kCausal = 0.75;

const std::array<MaskGenerator, 2> kMultiBlock = {kShortRange, kLongRange};
const std::array<MaskGenerator, 1> kRandomTube = {TubeMasks{}};
const std::array<MaskGenerator, 2> kCausalMultiBlock = {
    BlockMasks{.blocks = 8, .spatial_scale = {0.15, 0.15}, .context_time = kCausal},
    BlockMasks{.blocks = 2, .spatial_scale = {0.7, 0.7}, .context_time = kCausal}};

const std::array<MaskKind, 3> kKinds = {{
    {"multiblock", "8 short-range blocks, and 2 long-range ones", kMultiBlock},
    {"random-tube", "9 of 10 columns through time", kRandomTube},
    {"causal", "multiblock with its context in the first three quarters of the time", kCausalMultiBlock},
}};

std::int64_t floor_of(double value) {
  return static_cast<std::int64_t>(value);
}

double within(const std::array<double, 2>& range, double uniform) {
  return range[0] + uniform * (range[1] - range[0]);
}

/// Draws one after the other, of one generator in one step; those of clip i do not depend on the other clips.
class Draws {
 public:
  Draws(std::uint64_t seed, std::size_t generator, std::int64_t step, std::int64_t clip)
      : random_(Random(seed, Random::stream_of("masks")).bits(static_cast<std::uint64_t>(step)),
                static_cast<std::uint64_t>(generator) << 32 | static_cast<std::uint64_t>(clip)) {}

  double uniform() { return static_cast<double>(random_.uniform(counter_++)); }
  /// 0 to last.
  std::int64_t upto(std::int64_t last) {
    return static_cast<std::int64_t>(random_.below(counter_++, static_cast<std::uint64_t>(last) + 1));
  }

 private:
  Random random_;
  std::uint64_t counter_ = 0;
};

constexpr std::int64_t kWholeBatch = 0xffffffff;

std::vector<bool> sample_clip(const BlockMasks& masks, const TokenGrid& grid, const BlockSize& size, Draws draws) {
  constexpr int kTries = 1000;
  std::vector<BlockPlace> places(static_cast<std::size_t>(masks.blocks));
  for (int i = 0; i < kTries; ++i) {
    for (BlockPlace& place : places) {
      place.top = draws.upto(grid.height - size.height);
      place.left = draws.upto(grid.width - size.width);
      place.start = draws.upto(grid.depth - size.time);
    }
    std::vector<bool> context = context_outside(masks, grid, size, places);
    if (std::find(context.begin(), context.end(), true) != context.end()) return context;
  }
  fail("masks: {} blocks of {}x{}x{} leave no context on a grid of {}x{}x{} tokens", masks.blocks, size.time,
       size.height, size.width, grid.depth, grid.height, grid.width);
}

struct Sampler {
  const TokenGrid& grid;
  std::int64_t clips;
  std::uint64_t seed;
  std::int64_t step;
  std::size_t generator;

  Draws draws(std::int64_t clip) const { return {seed, generator, step, clip}; }

  MaskPair operator()(const BlockMasks& masks) const {
    Draws whole = draws(kWholeBatch);
    const double time = whole.uniform();
    const double area = whole.uniform();
    const BlockSize size = block_size(masks, grid, {time, area, whole.uniform()});
    std::vector<std::vector<bool>> contexts;
    for (std::int64_t i = 0; i < clips; ++i) contexts.push_back(sample_clip(masks, grid, size, draws(i)));
    return pack_masks(contexts, masks.max_context);
  }

  MaskPair operator()(const TubeMasks& masks) const {
    const std::int64_t columns = grid.height * grid.width;
    const std::int64_t kept = floor_of(static_cast<double>(columns) * (1 - masks.ratio));
    check(kept >= 1 && kept < columns, "masks: a ratio of {} leaves {} of {} columns as context", masks.ratio, kept,
          columns);
    std::vector<std::vector<bool>> contexts;
    for (std::int64_t i = 0; i < clips; ++i) {
      std::vector<std::int64_t> order(static_cast<std::size_t>(columns));
      for (std::size_t c = 0; c < order.size(); ++c) order[c] = static_cast<std::int64_t>(c);
      Draws draw = draws(i);
      std::vector<bool> context(static_cast<std::size_t>(grid.tokens()));
      for (std::int64_t k = 0; k < kept; ++k) {
        std::swap(order[static_cast<std::size_t>(k)], order[static_cast<std::size_t>(k + draw.upto(columns - 1 - k))]);
        for (std::int64_t t = 0; t < grid.depth; ++t) {
          context[static_cast<std::size_t>(t * columns + order[static_cast<std::size_t>(k)])] = true;
        }
      }
      contexts.push_back(std::move(context));
    }
    return pack_masks(contexts, 0);
  }
};

void cut(TokenSets& sets) {
  std::int64_t shortest = sets.segments.length(0);
  for (std::int64_t i = 1; i < sets.segments.count(); ++i) shortest = std::min(shortest, sets.segments.length(i));
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < sets.segments.count(); ++i) {
    const std::span<const std::int32_t> kept = sets.of(i).first(static_cast<std::size_t>(shortest));
    ids.insert(ids.end(), kept.begin(), kept.end());
  }
  sets = {std::move(ids), Segments::uniform(sets.segments.count(), shortest)};
}

}  // namespace

std::span<const MaskKind> mask_kinds() {
  return kKinds;
}

std::vector<MaskPair> sample_masks(std::span<const MaskGenerator> generators, const TokenGrid& grid, std::int64_t clips,
                                   std::uint64_t seed, std::int64_t step) {
  check(grid.depth >= 1 && grid.height >= 1 && grid.width >= 1, "masks: a grid must have tokens, got {}x{}x{}",
        grid.depth, grid.height, grid.width);
  check(clips >= 1, "masks: there must be at least 1 clip, got {}", clips);
  std::vector<MaskPair> pairs;
  for (std::size_t i = 0; i < generators.size(); ++i) {
    pairs.push_back(std::visit(Sampler{grid, clips, seed, step, i}, generators[i]));
  }
  return pairs;
}

void cut_to_shortest(MaskPair& pair) {
  cut(pair.context);
  cut(pair.target);
}

BlockSize block_size(const BlockMasks& masks, const TokenGrid& grid, const std::array<double, 3>& uniform) {
  const auto count = static_cast<double>(
      floor_of(static_cast<double>(grid.height * grid.width) * within(masks.spatial_scale, uniform[1])));
  const double ratio = within(masks.aspect_ratio, uniform[2]);
  const auto side = [](double length, std::int64_t most) {
    return std::clamp<std::int64_t>(std::llrint(length), 1, most);
  };
  return {.time = std::clamp<std::int64_t>(
              floor_of(static_cast<double>(grid.depth) * within(masks.temporal_scale, uniform[0])), 1, grid.depth),
          .height = side(std::sqrt(count * ratio), grid.height),
          .width = side(std::sqrt(count / ratio), grid.width)};
}

std::vector<bool> context_outside(const BlockMasks& masks, const TokenGrid& grid, const BlockSize& size,
                                  std::span<const BlockPlace> places) {
  std::vector<bool> context(static_cast<std::size_t>(grid.tokens()), true);
  for (const BlockPlace& place : places) {
    for (std::int64_t t = place.start; t < place.start + size.time; ++t) {
      for (std::int64_t y = place.top; y < place.top + size.height; ++y) {
        const auto begin = context.begin() + ((t * grid.height + y) * grid.width + place.left);
        std::fill(begin, begin + size.width, false);
      }
    }
  }
  const std::int64_t seen = std::max<std::int64_t>(1, floor_of(static_cast<double>(grid.depth) * masks.context_time));
  if (seen < grid.depth) std::fill(context.begin() + seen * grid.height * grid.width, context.end(), false);
  return context;
}

MaskPair pack_masks(std::span<const std::vector<bool>> clips, std::int64_t max_context) {
  MaskPair pair;
  std::vector<std::int64_t> context_lengths, target_lengths;
  for (const std::vector<bool>& clip : clips) {
    const std::size_t context_before = pair.context.ids.size();
    const std::size_t target_before = pair.target.ids.size();
    for (std::size_t i = 0; i < clip.size(); ++i) {
      (clip[i] ? pair.context : pair.target).ids.push_back(static_cast<std::int32_t>(i));
    }
    if (max_context > 0) {
      pair.context.ids.resize(
          std::min(pair.context.ids.size(), context_before + static_cast<std::size_t>(max_context)));
    }
    context_lengths.push_back(static_cast<std::int64_t>(pair.context.ids.size() - context_before));
    target_lengths.push_back(static_cast<std::int64_t>(pair.target.ids.size() - target_before));
  }
  pair.context.segments = Segments::of_lengths(context_lengths);
  pair.target.segments = Segments::of_lengths(target_lengths);
  return pair;
}

}  // namespace sequent
