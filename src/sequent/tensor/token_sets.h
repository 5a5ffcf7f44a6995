// Sets of tokens of video clips, packed end to end like sequences of text: what an encoder sees of a clip, and what is
// predicted. Sets may have any sizes; nothing is padded or cut to the size of another.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sequent/tensor/segments.h"

namespace sequent {

/// The tokens of one clip lie on a grid; token (depth d, row h, column w) has the number (d * height + h) * width + w.
struct TokenGrid {
  std::int64_t depth = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;

  std::int64_t tokens() const { return depth * height * width; }
  bool operator==(const TokenGrid&) const = default;
};

struct TokenSets {
  std::vector<std::int32_t> ids;  // numbers within the grid; those of set i are [segments.begin(i), segments.end(i))
  Segments segments;

  std::int64_t count() const { return segments.count(); }
  std::span<const std::int32_t> of(std::int64_t set) const;
  /// `count` sets of all tokens of a grid.
  static TokenSets all(std::int64_t count, const TokenGrid& grid);
  /// The sets of several, end to end.
  static TokenSets concat(std::span<const TokenSets> parts);
};

/// Throws "{what}: ..." unless there is an id for every token and each lies within the grid.
void check_token_sets(const char* what, const TokenSets& sets, const TokenGrid& grid);

/// What one mask generator hides of a batch: set i of both belongs to clip i.
struct MaskPair {
  TokenSets context;  // what the encoder sees
  TokenSets target;   // what is predicted from it
};

}  // namespace sequent
