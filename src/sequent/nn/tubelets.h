// Clips cut into tubelets: the blocks of a few frames by a few rows and columns that are the tokens of a video.
#pragma once

#include <cstdint>

#include "sequent/tensor/tensor.h"
#include "sequent/tensor/token_sets.h"

namespace sequent {

struct TubeletSize {
  std::int64_t frames = 2;
  std::int64_t patch = 16;  // rows and columns
};

/// The tokens of clips [clips, channels, frames, height, width]. Each size must be a multiple of the tubelet's.
TokenGrid grid_of(const Tensor& clips, const TubeletSize& size);

/// The pixels of the tokens in `sets`: [tokens, channels * frames * patch * patch], ordered by channel, frame, row,
/// column. Set i is of clip i modulo the number of clips, so that several sets of a batch follow one another.
Tensor tubelets(const Tensor& clips, const TubeletSize& size, const TokenSets& sets);

}  // namespace sequent
