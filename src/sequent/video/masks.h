// What of a clip is seen and what is to be predicted: V-JEPA's masks over the grid of its tokens (Bardes et al.,
// "Revisiting feature prediction for learning visual representations from video", 2024, section 3.2 and table 5).
//
// Every mask is a pure function of seed, step and place in the batch.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "sequent/tensor/token_sets.h"

namespace sequent {

/// Blocks of one size per batch, anywhere in each clip: the target is their union, the context everything else.
struct BlockMasks {
  std::int64_t blocks = 1;
  std::array<double, 2> spatial_scale = {0.15, 0.15};  // a block's share of the area
  std::array<double, 2> aspect_ratio = {0.75, 1.5};    // height / width
  std::array<double, 2> temporal_scale = {1, 1};       // a block's share of the time
  /// Share of the time, from the beginning, that the context may come from; what lies later is target, too.
  double context_time = 1;
  /// Tokens of a context at most, the first ones; 0: all.
  std::int64_t max_context = 0;
};

/// Whole columns through time, drawn independently.
struct TubeMasks {
  double ratio = 0.9;  // of the columns that are target
};

using MaskGenerator = std::variant<BlockMasks, TubeMasks>;

struct MaskKind {
  std::string_view name;  // of the setting `masks`
  std::string_view help;
  std::span<const MaskGenerator> generators;
};

/// multiblock (8 short-range blocks, then 2 long-range ones), random-tube, causal (multiblock whose context lies in the
/// first three quarters of the time).
std::span<const MaskKind> mask_kinds();

/// One pair of packed sets per generator, for `clips` clips. Nothing is cut off to make sets equally long. Error: a
/// generator leaves no context on this grid.
std::vector<MaskPair> sample_masks(std::span<const MaskGenerator> generators, const TokenGrid& grid, std::int64_t clips,
                                   std::uint64_t seed, std::int64_t step);

/// What the published code does, whose batches are rectangular: cuts all sets of a side to the shortest of them, which
/// takes away their last tokens.
void cut_to_shortest(MaskPair& pair);

struct BlockSize {
  std::int64_t time = 0, height = 0, width = 0;
};
struct BlockPlace {
  std::int64_t start = 0, top = 0, left = 0;
};

/// The size of the blocks for three numbers of [0, 1), for time, area and aspect ratio: time = max(1, floor(T * s));
/// with n = floor(H * W * a), height = round(sqrt(n * r)) and width = round(sqrt(n / r)), at most the grid's.
BlockSize block_size(const BlockMasks& masks, const TokenGrid& grid, const std::array<double, 3>& uniform);

/// For every token of a clip whether it is context.
std::vector<bool> context_outside(const BlockMasks& masks, const TokenGrid& grid, const BlockSize& size,
                                  std::span<const BlockPlace> places);

/// Packs clips given as context_outside() gives them.
MaskPair pack_masks(std::span<const std::vector<bool>> clips, std::int64_t max_context);

}  // namespace sequent
