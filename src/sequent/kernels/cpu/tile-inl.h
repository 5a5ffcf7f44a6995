// What tiles go through between their products: powers of two and transposition. Compiled once per SIMD target, so no
// ordinary include guard.
#if defined(SEQUENT_KERNELS_CPU_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_TILE_INL_H_
#undef SEQUENT_KERNELS_CPU_TILE_INL_H_
#else
#define SEQUENT_KERNELS_CPU_TILE_INL_H_
#endif

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

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
