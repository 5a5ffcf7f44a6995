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
#include "sequent/kernels/cpu/tile_product-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// 2^x for x up to about 0, relative error 2e-7; exactly 0 below -126, so that masked scores weigh nothing; NaN stays.
HWY_INLINE FloatVector ExpTwo(FloatTag d, FloatVector x) {
  const hn::RebindToSigned<FloatTag> di;
  const auto lowest = hn::Set(d, -126.0f);
  const auto limited = hn::Max(lowest, x);
  const auto n = hn::Round(limited);
  const auto r = hn::Sub(limited, n);
  auto p = hn::Set(d, 1.535336188319500e-4f);
  p = hn::MulAdd(p, r, hn::Set(d, 1.339887440266574e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 9.618437357674640e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 5.550332471162809e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 2.402264791363012e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 6.931472028550421e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  const auto power = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, n), hn::Set(di, 127))));
  return hn::IfThenZeroElse(hn::Lt(x, lowest), hn::Mul(p, power));
}

// to[c * to_row + r] = factor * from[r * from_row + c].
HWY_INLINE void Transpose(const float* from, std::int64_t from_row, std::int64_t rows, std::int64_t columns,
                          float factor, float* to, std::int64_t to_row) {
  std::int64_t done = 0;  // rows done in every column
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<float, 4> four;
  const auto scale = hn::Set(four, factor);
  const std::int64_t whole_columns = columns / 4 * 4;
  for (; done + 4 <= rows; done += 4) {
    const float* in = from + done * from_row;
    for (std::int64_t c = 0; c < whole_columns; c += 4) {
      const auto r0 = hn::Mul(scale, hn::LoadU(four, in + c));
      const auto r1 = hn::Mul(scale, hn::LoadU(four, in + from_row + c));
      const auto r2 = hn::Mul(scale, hn::LoadU(four, in + 2 * from_row + c));
      const auto r3 = hn::Mul(scale, hn::LoadU(four, in + 3 * from_row + c));
      const auto low02 = hn::InterleaveLower(four, r0, r2), low13 = hn::InterleaveLower(four, r1, r3);
      const auto high02 = hn::InterleaveUpper(four, r0, r2), high13 = hn::InterleaveUpper(four, r1, r3);
      float* out = to + c * to_row + done;
      hn::StoreU(hn::InterleaveLower(four, low02, low13), four, out);
      hn::StoreU(hn::InterleaveUpper(four, low02, low13), four, out + to_row);
      hn::StoreU(hn::InterleaveLower(four, high02, high13), four, out + 2 * to_row);
      hn::StoreU(hn::InterleaveUpper(four, high02, high13), four, out + 3 * to_row);
    }
    for (std::int64_t c = whole_columns; c < columns; ++c) {
      for (std::int64_t r = 0; r < 4; ++r) to[c * to_row + done + r] = factor * in[r * from_row + c];
    }
  }
#endif
  for (std::int64_t c = 0; c < columns; ++c) {
    for (std::int64_t r = done; r < rows; ++r) to[c * to_row + r] = factor * from[r * from_row + c];
  }
}

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

// All ones where row `j` of a step is visible to the lanes from `lane` of it on.
HWY_INLINE hn::Mask<FloatTag> Visible(FloatTag d, const TileStep& step, std::int64_t lane, std::int64_t j) {
  return hn::Ge(hn::Iota(d, static_cast<float>(lane)), hn::Set(d, static_cast<float>(j - step.diagonal)));
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
