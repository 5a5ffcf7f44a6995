// What tiles go through between their products: powers of two and transposition. Compiled once per SIMD target, so no
// ordinary include guard.
#if defined(SEQUENT_KERNELS_CPU_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_TILE_INL_H_
#undef SEQUENT_KERNELS_CPU_TILE_INL_H_
#else
#define SEQUENT_KERNELS_CPU_TILE_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "hwy/highway.h"
// After highway.h.
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

// What becomes of an element on its way.
struct Times {
  float factor;
  HWY_INLINE float operator()(float x) const { return factor * x; }
#if HWY_TARGET != HWY_SCALAR
  using Four = hn::FixedTag<float, 4>;
  HWY_INLINE hn::Vec<Four> operator()(hn::Vec<Four> x) const {
    return hn::Mul(hn::Set(Four(), factor), x);
  }
#endif
};

// For words that are not numbers, every bit of which counts.
struct Unchanged {
  template <class Words>
  HWY_INLINE Words operator()(Words x) const {
    return x;
  }
};

#if HWY_TARGET != HWY_SCALAR
// Four columns of four rows, or of two, to four rows.
template <int kRows, class Change>
HWY_INLINE void TransposeFour(const float* from, std::int64_t from_row, Change change, float* to, std::int64_t to_row) {
  static_assert(kRows == 2 || kRows == 4);
  const hn::FixedTag<float, 4> four;
  const hn::Half<decltype(four)> two;
  const auto r0 = change(hn::LoadU(four, from)), r1 = change(hn::LoadU(four, from + from_row));
  if constexpr (kRows == 2) {
    const auto low = hn::InterleaveLower(four, r0, r1), high = hn::InterleaveUpper(four, r0, r1);
    hn::StoreU(hn::LowerHalf(two, low), two, to);
    hn::StoreU(hn::UpperHalf(two, low), two, to + to_row);
    hn::StoreU(hn::LowerHalf(two, high), two, to + 2 * to_row);
    hn::StoreU(hn::UpperHalf(two, high), two, to + 3 * to_row);
  } else {
    const auto r2 = change(hn::LoadU(four, from + 2 * from_row)), r3 = change(hn::LoadU(four, from + 3 * from_row));
    const auto low02 = hn::InterleaveLower(four, r0, r2), low13 = hn::InterleaveLower(four, r1, r3);
    const auto high02 = hn::InterleaveUpper(four, r0, r2), high13 = hn::InterleaveUpper(four, r1, r3);
    hn::StoreU(hn::InterleaveLower(four, low02, low13), four, to);
    hn::StoreU(hn::InterleaveUpper(four, low02, low13), four, to + to_row);
    hn::StoreU(hn::InterleaveLower(four, high02, high13), four, to + 2 * to_row);
    hn::StoreU(hn::InterleaveUpper(four, high02, high13), four, to + 3 * to_row);
  }
}
#endif

// to[c * to_row + r] = change(from[r * from_row + c]).
template <class Change>
HWY_INLINE void TransposeWith(const float* from, std::int64_t from_row, std::int64_t rows, std::int64_t columns,
                              Change change, float* to, std::int64_t to_row) {
  std::int64_t done = 0;  // columns
#if HWY_TARGET != HWY_SCALAR
  // Columns in strips: what is written stays near while all rows are read, some lines of each in turn.
  constexpr std::int64_t kStrip = 128;
  while (done + 4 <= columns) {
    const std::int64_t end = std::min(done + kStrip, columns / 4 * 4);
    std::int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      for (std::int64_t c = done; c < end; c += 4) {
        TransposeFour<4>(from + r * from_row + c, from_row, change, to + c * to_row + r, to_row);
      }
    }
    for (; r + 2 <= rows; r += 2) {
      for (std::int64_t c = done; c < end; c += 4) {
        TransposeFour<2>(from + r * from_row + c, from_row, change, to + c * to_row + r, to_row);
      }
    }
    for (; r < rows; ++r) {
      for (std::int64_t c = done; c < end; ++c) to[c * to_row + r] = change(from[r * from_row + c]);
    }
    done = end;
  }
#endif
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = done; c < columns; ++c) to[c * to_row + r] = change(from[r * from_row + c]);
  }
}

// to[c * to_row + r] = factor * from[r * from_row + c].
HWY_INLINE void Transpose(const float* from, std::int64_t from_row, std::int64_t rows, std::int64_t columns,
                          float factor, float* to, std::int64_t to_row) {
  TransposeWith(from, from_row, rows, columns, Times{factor}, to, to_row);
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
