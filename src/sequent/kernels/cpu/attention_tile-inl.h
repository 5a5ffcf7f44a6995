// What the forward and the backward attention share: a tile of queries lies transposed, one query per vector lane, so
// that every product reads the keys and values where they are and the softmax needs no sum across lanes. Compiled once
// per SIMD target, so no ordinary include guard.
#if defined(SEQUENT_KERNELS_CPU_ATTENTION_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_ATTENTION_TILE_INL_H_
#undef SEQUENT_KERNELS_CPU_ATTENTION_TILE_INL_H_
#else
#define SEQUENT_KERNELS_CPU_ATTENTION_TILE_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "hwy/highway.h"
#include "sequent/kernels/cpu/attention_schedule.h"
// After highway.h.
#include "sequent/kernels/cpu/rounded_tile-inl.h"
#include "sequent/kernels/cpu/tile-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// A tile of queries of one head.
struct QueryTile {
  std::int64_t begin;           // first query, within its sequence
  std::int64_t count;           // queries
  std::int64_t columns;         // count rounded up to whole vectors
  std::int64_t first_position;  // the key at the first query's own position
  std::int64_t limit;           // keys that its last query sees
};

template <class Args>
HWY_INLINE QueryTile TileOf(const Args& args, const AttentionSequence<float>& sequence, std::int64_t tile) {
  const std::int64_t lanes = LanesOf(FloatTag());
  QueryTile t;
  t.begin = tile * kQueryTile;
  t.count = std::min(kQueryTile, sequence.query_length - t.begin);
  t.columns = (t.count + lanes - 1) / lanes * lanes;
  t.first_position = sequence.key_length - sequence.query_length + t.begin;
  t.limit = args.causal ? t.first_position + t.count : sequence.key_length;
  return t;
}

// Rows of one head into columns, times factor; the columns that only fill up a vector are zero.
HWY_INLINE void PackColumns(const QueryTile& tile, const float* rows, std::int64_t stride, std::int64_t width,
                            float factor, float* columns) {
  Transpose(rows, stride, tile.count, width, factor, columns, kQueryTile);
  if (tile.count == tile.columns) return;
  for (std::int64_t c = 0; c < width; ++c) {
    std::fill(columns + c * kQueryTile + tile.count, columns + c * kQueryTile + tile.columns, 0.0f);
  }
}

// One product's worth of a tile: columns [column, column + columns) against `keys` keys from `key` on. Where `masked`,
// column i sees key row j when j <= diagonal + i, both counted from the step's own first.
struct TileStep {
  std::int64_t key;
  std::int64_t keys;
  std::int64_t column;
  std::int64_t columns;
  bool masked;
  std::int64_t diagonal;
};

// Calls body(step) over keys [begin, end) in order. On the diagonal the columns are taken in narrow groups, each with
// the keys that its own last query sees, which halves the work that falls to masked scores.
template <class Body>
HWY_INLINE void ForEachStep(const QueryTile& tile, bool causal, std::int64_t begin, std::int64_t end, Body&& body) {
  for (std::int64_t key = begin; key < end; key += kKeyTile) {
    const std::int64_t keys = std::min(kKeyTile, end - key);
    if (!causal || key + keys <= tile.first_position + 1) {
      body(TileStep{key, keys, 0, tile.columns, false, 0});
      continue;
    }
    for (std::int64_t column = 0; column < tile.columns; column += kDiagonalColumns) {
      const std::int64_t columns = std::min(kDiagonalColumns, tile.columns - column);
      const std::int64_t diagonal = tile.first_position + column - key;
      const std::int64_t seen = std::min(keys, diagonal + std::min(columns, tile.count - column));
      if (seen > 0) body(TileStep{key, seen, column, columns, seen > diagonal + 1, diagonal});
    }
  }
}

// result[key, query] = sum over the channels of rows[key, channel] * columns[channel, query], for the keys and queries
// of a step; `words` is scratch for bfloat16.
template <class Words>
HWY_INLINE void SumOverChannels(const TileStep& step, const float* rows, std::int64_t stride, std::int64_t width,
                                const float* columns, float* result, float* words) {
  MultiplyTileIn<Words>({.a = rows,
                         .a_row = stride,
                         .a_column = 1,
                         .b = columns + step.column,
                         .b_row = kQueryTile,
                         .c = result + step.column,
                         .c_row = kQueryTile,
                         .rows = step.keys,
                         .columns = step.columns,
                         .inner = width,
                         .add = false},
                        words);
}

// result[channel, query] = sum over the keys of rows[key, channel] * weights[key, query], or added to it.
template <class Words>
HWY_INLINE void SumOverKeys(const TileStep& step, const float* rows, std::int64_t stride, std::int64_t width,
                            const float* weights, bool add, float* result, float* words) {
  MultiplyTileIn<Words>({.a = rows,
                         .a_row = 1,
                         .a_column = stride,
                         .b = weights + step.column,
                         .b_row = kQueryTile,
                         .c = result + step.column,
                         .c_row = kQueryTile,
                         .rows = width,
                         .columns = step.columns,
                         .inner = step.keys,
                         .add = add},
                        words);
}

// All ones where row `j` of a step is visible to the lanes from `lane` of it on.
HWY_INLINE hn::Mask<FloatTag> Visible(FloatTag d, const TileStep& step, std::int64_t lane, std::int64_t j) {
  return hn::Ge(hn::Iota(d, static_cast<float>(lane)), hn::Set(d, static_cast<float>(j - step.diagonal)));
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
