// What the forward and the backward pass of the state-space duality share; compiled once per SIMD target, so no
// ordinary include guard.
//
// A chunk of tokens is a few products of small tiles. With c_i the sum of the logarithms of the decays up to and with
// token i of the chunk, and S the state before it:
//   y_i  = exp(c_i) c_i^T S + sum_{j <= i} (c_i . b_j) exp(c_i - c_j) delta_j x_j
//   S'   = exp(c_last) S + sum_j exp(c_last - c_j) delta_j b_j x_j^T
// Every decay is the exponential of a difference that is at most 0, never a quotient: those would overflow.
#if defined(SEQUENT_KERNELS_CPU_STATE_SPACE_DUALITY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_STATE_SPACE_DUALITY_INL_H_
#undef SEQUENT_KERNELS_CPU_STATE_SPACE_DUALITY_INL_H_
#else
#define SEQUENT_KERNELS_CPU_STATE_SPACE_DUALITY_INL_H_
#endif

#include <algorithm>
#include <cmath>

#include "sequent/kernels/cpu/tile-inl.h"
#include "sequent/kernels/cpu/tile_product-inl.h"
#include "sequent/kernels/state_space_duality.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

inline constexpr std::int64_t kChunk = kStateSpaceDualityChunk;

// Tokens [begin, begin + count) of one sequence, and the group of heads at work.
struct DualityChunk {
  std::int64_t begin;
  std::int64_t count;
  std::int64_t group;
};

// How the tokens of a chunk decay in one head. The logarithms to base 2 of the decays, summed from the start of the
// chunk, are kept as a whole number and a rest: differences of both are exact to the last bits of a rest, however far
// the sums have run.
struct DualityDecay {
  HWY_ALIGN float whole[kChunk];
  HWY_ALIGN float rest[kChunk];
  HWY_ALIGN float delta[kChunk];
  HWY_ALIGN float from_start[kChunk];  // exp(c_i)
  HWY_ALIGN float to_end[kChunk];      // exp(c_last - c_i)
  HWY_ALIGN float into_state[kChunk];  // the same times delta_i
  float over_chunk;                    // exp(c_last)

  DualityDecay(const StateSpaceDualityArguments<float>& in, const DualityChunk& chunk, std::int64_t head) {
    const FloatTag d;
    const double rate = static_cast<double>(in.rate[head]) * 1.4426950408889634;
    double sum = 0;
    for (std::int64_t i = 0; i < chunk.count; ++i) {
      delta[i] = in.delta ? in.delta[(chunk.begin + i) * in.heads + head] : 1.0f;
      sum += static_cast<double>(delta[i]) * rate;
      const double rounded = std::nearbyint(sum);
      whole[i] = static_cast<float>(rounded);
      rest[i] = static_cast<float>(sum - rounded);
    }
    for (std::int64_t i = chunk.count; i < kChunk; ++i) whole[i] = rest[i] = delta[i] = 0.0f;
    const std::int64_t last = chunk.count - 1;
    for (std::int64_t i = 0; i < chunk.count; i += LanesOf(d)) {
      hn::Store(ExpTwo(d, hn::Add(hn::Load(d, whole + i), hn::Load(d, rest + i))), d, from_start + i);
      hn::Store(Between(d, last, i), d, to_end + i);
      hn::Store(hn::Mul(hn::Load(d, to_end + i), hn::Load(d, delta + i)), d, into_state + i);
    }
    over_chunk = from_start[last];
  }

  // exp(c_i - c_j) in the lanes of j; 1 where j is not before i.
  HWY_INLINE FloatVector Between(FloatTag d, std::int64_t i, std::int64_t j) const {
    const auto wholes = hn::Sub(hn::Set(d, whole[i]), hn::Load(d, whole + j));
    const auto rests = hn::Sub(hn::Set(d, rest[i]), hn::Load(d, rest + j));
    return ExpTwo(d, hn::Min(hn::Zero(d), hn::Add(wholes, rests)));
  }
};

// Rows of a lower triangle that are multiplied at once, each up to the last one's diagonal.
inline constexpr std::int64_t kTriangleRows = 16;

// Calls body(first, rows) over the rows of a triangle.
template <class Body>
HWY_INLINE void ForEachTriangleRows(std::int64_t count, Body&& body) {
  for (std::int64_t i = 0; i < count; i += kTriangleRows) body(i, std::min(kTriangleRows, count - i));
}

// All ones where j <= i, j in the lanes from `j` on.
HWY_INLINE hn::Mask<FloatTag> NotAfter(FloatTag d, std::int64_t i, std::int64_t j) {
  return hn::Le(hn::Iota(d, static_cast<float>(j)), hn::Set(d, static_cast<float>(i)));
}

// scores[i, j] = c_i . b_j for j <= i; b_columns [states, kChunk] receives b transposed.
HWY_INLINE void DualityScores(const StateSpaceDualityArguments<float>& in, const DualityChunk& chunk, float* b_columns,
                              float* scores) {
  const std::int64_t stride = in.groups * in.states, at = chunk.begin * stride + chunk.group * in.states;
  Transpose(in.b + at, stride, chunk.count, in.states, 1.0f, b_columns, kChunk);
  ForEachTriangleRows(chunk.count, [&](std::int64_t i, std::int64_t rows) HWY_ATTR {
    MultiplyTile({.a = in.c + at + i * stride,
                  .a_row = stride,
                  .a_column = 1,
                  .b = b_columns,
                  .b_row = kChunk,
                  .c = scores + i * kChunk,
                  .c_row = kChunk,
                  .rows = rows,
                  .columns = i + rows,
                  .inner = in.states,
                  .add = false});
  });
}

// to[i, :] = factor[i] * from[i, :].
HWY_INLINE void ScaleRows(const float* from, std::int64_t from_row, const float* factor, std::int64_t rows,
                          std::int64_t columns, float* to, std::int64_t to_row) {
  const FloatTag d;
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto scale = hn::Set(d, factor[i]);
    ForEachVector(d, columns, [&](std::int64_t p, std::int64_t left) HWY_ATTR {
      StoreUpTo(d, hn::Mul(scale, LoadUpTo(d, from + i * from_row + p, left)), to + i * to_row + p, left);
    });
  }
}

// to = factor * from, rows `row` elements apart in both.
HWY_INLINE void ScaleAll(const float* from, std::int64_t row, float factor, std::int64_t rows, std::int64_t columns,
                         float* to) {
  const FloatTag d;
  const auto scale = hn::Set(d, factor);
  for (std::int64_t i = 0; i < rows; ++i) {
    ForEachVector(d, columns, [&](std::int64_t p, std::int64_t left) HWY_ATTR {
      StoreUpTo(d, hn::Mul(scale, LoadUpTo(d, from + i * row + p, left)), to + i * row + p, left);
    });
  }
}

// The skip of columns p, p + 1, ... of a head; zeros without one.
HWY_INLINE FloatVector SkipOf(FloatTag d, const StateSpaceDualityArguments<float>& in, std::int64_t head,
                              std::int64_t p, std::int64_t left) {
  if (!in.skip) return hn::Zero(d);
  return in.skip_per_channel ? LoadUpTo(d, in.skip + head * in.width + p, left) : hn::Set(d, in.skip[head]);
}

// The state kept at the chunk that begins at packed token `begin`: [heads, states, width].
template <class Float>
HWY_INLINE Float* DualityCheckpoint(const StateSpaceDualityArguments<float>& in, Float* checkpoints,
                                    std::int64_t begin) {
  return checkpoints + (begin / kChunk - 1) * in.heads * in.states * in.width;
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
