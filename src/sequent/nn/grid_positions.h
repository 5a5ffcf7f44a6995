// Where a token lies in its clip, as numbers: fixed sines and cosines that are added to tokens (V-JEPA), or the angles
// by which queries and keys are turned (V-JEPA 2).
#pragma once

#include <cstdint>
#include <span>

#include "sequent/autograd/var.h"
#include "sequent/tensor/token_sets.h"

namespace sequent {

/// [grid.tokens(), width]: the axes depth, height, width one behind the other, each of m channels as
///   sin(p w_0) .. sin(p w_(m/2 - 1)) cos(p w_0) .. cos(p w_(m/2 - 1)),   w_k = 10000^(-k / (m/2)).
/// `uniform` (published): m = 2 ceil(width / 6) for every axis, and what exceeds `width` is cut off: the last cosines
/// of the width axis. Otherwise m = width / 2 for depth and width / 4 for the others, and width must be a multiple
/// of 8.
Tensor sine_cosine_positions(const TokenGrid& grid, std::int64_t width, bool uniform);

/// Positions [from.tokens(), width] for another grid, by trilinear interpolation between the middles of cells; beyond
/// the outer ones the nearest counts.
Tensor resampled_positions(const Tensor& positions, const TokenGrid& from, const TokenGrid& to);

/// Rotary positions on a grid, as V-JEPA 2 has them (Assran et al., 2025). Of the channels of a head, the first m are
/// turned by depth, the next m by row, the next m by column, m = 2 floor(floor(width / 3) / 2), and the rest by
/// nothing. Within an axis channel e has the frequency w_(e mod m/2), so the two channels of a pair differ: this is no
/// true rotation, but what the published weights were trained with.
class GridRotation {
 public:
  /// One row of angles for each id.
  GridRotation(std::span<const std::int32_t> ids, const TokenGrid& grid, std::int64_t head_width);
  /// x: [ids.size(), heads * head_width]
  Var operator()(const Var& x, std::int64_t heads) const;

 private:
  Tensor cosines_;
  Tensor sines_;
};

}  // namespace sequent
