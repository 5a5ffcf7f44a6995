#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "sequent/base/error.h"
#include "sequent/base/half.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/quantisation.h"
#include "sequent/kernels/quantised_blocks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/quantise.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

constexpr std::int64_t kGroup = 32;  // values of q4_k with a scale and a minimum of their own

// x is near scale * n - minimum with n from 0 to 15, scale and minimum at least 0.
struct Affine {
  float scale;
  float minimum;
};

// The nearest n for each of the 32 values: the squared error they leave, and what a least-squares fit needs.
struct Rounding {
  float error;
  float sum_n;
  float sum_nn;
  float sum_nx;
};

HWY_INLINE FloatVector NearestLevel(FloatTag d, FloatVector x, FloatVector inverse, FloatVector minimum) {
  const auto level = hn::Round(hn::Mul(hn::Add(x, minimum), inverse));
  return hn::Min(hn::Max(level, hn::Zero(d)), hn::Set(d, 15.0f));
}

HWY_INLINE float InverseOf(float scale) {
  return scale > 0 ? 1.0f / scale : 0.0f;
}

HWY_INLINE Rounding RoundTo(const float* x, const Affine& affine) {
  const FloatTag d;
  const auto scale = hn::Set(d, affine.scale), inverse = hn::Set(d, InverseOf(affine.scale));
  const auto minimum = hn::Set(d, affine.minimum);
  auto error = hn::Zero(d), sum_n = hn::Zero(d), sum_nn = hn::Zero(d), sum_nx = hn::Zero(d);
  for (std::int64_t i = 0; i < kGroup; i += LanesOf(d)) {
    const auto v = hn::LoadU(d, x + i);
    const auto n = NearestLevel(d, v, inverse, minimum);
    const auto difference = hn::Sub(hn::MulSub(scale, n, minimum), v);
    error = hn::MulAdd(difference, difference, error);
    sum_n = hn::Add(sum_n, n);
    sum_nn = hn::MulAdd(n, n, sum_nn);
    sum_nx = hn::MulAdd(n, v, sum_nx);
  }
  return {SumOf(d, error), SumOf(d, sum_n), SumOf(d, sum_nn), SumOf(d, sum_nx)};
}

// The scale and minimum that are best for these n; the given one where they do not determine them.
Affine LeastSquares(const Rounding& r, float sum_x, const Affine& otherwise) {
  const float determinant = static_cast<float>(kGroup) * r.sum_nn - r.sum_n * r.sum_n;
  if (determinant <= 0) return otherwise;
  const Affine fit = {(static_cast<float>(kGroup) * r.sum_nx - r.sum_n * sum_x) / determinant,
                      (r.sum_n * r.sum_nx - r.sum_nn * sum_x) / determinant};
  if (fit.minimum < 0) return {std::max(r.sum_nx / r.sum_nn, 0.0f), 0.0f};
  return {std::max(fit.scale, 0.0f), fit.minimum};
}

// The best of several beginnings, each improved by turns: nearest n for a scale and minimum, best scale and minimum for
// these n. Beginnings are a little narrower and wider than the range of the values.
Affine BestAffine(const float* x) {
  constexpr int kBeginnings = 12, kTurns = 3;
  const auto [low, high] = std::minmax_element(x, x + kGroup);
  const float minimum = std::max(-*low, 0.0f), range = *high + minimum;
  if (range <= 0) return {0.0f, minimum};
  float sum_x = 0;
  for (std::int64_t i = 0; i < kGroup; ++i) sum_x += x[i];
  Affine best = {};
  float least = std::numeric_limits<float>::infinity();
  for (int beginning = 0; beginning < kBeginnings; ++beginning) {
    Affine affine = {range / (14.0f + 0.2f * static_cast<float>(beginning)), minimum};
    for (int turn = 0; turn < kTurns; ++turn) {
      const Rounding rounding = RoundTo(x, affine);
      if (rounding.error < least) {
        least = rounding.error;
        best = affine;
      }
      affine = LeastSquares(rounding, sum_x, affine);
    }
  }
  return best;
}

// Of the stored scales and minima around the ones wanted, those with the least error.
void StoreGroup(const float* x, int j, const Affine& wanted, float d, float m, BlockQ4K& block) {
  const auto nearest = [](float value, float unit) {
    return unit > 0 ? std::clamp(static_cast<int>(std::lround(value / unit)), 0, 63) : 0;
  };
  const int near_scale = nearest(wanted.scale, d), near_minimum = nearest(wanted.minimum, m);
  int best_scale = 0, best_minimum = 0;
  float least = std::numeric_limits<float>::infinity();
  for (int scale = std::max(near_scale - 1, 0); scale <= std::min(near_scale + 1, 63); ++scale) {
    for (int minimum = std::max(near_minimum - 1, 0); minimum <= std::min(near_minimum + 1, 63); ++minimum) {
      const float error = RoundTo(x, {d * static_cast<float>(scale), m * static_cast<float>(minimum)}).error;
      if (error < least) {
        least = error;
        best_scale = scale;
        best_minimum = minimum;
      }
    }
  }
  block.scales.set(j, best_scale, best_minimum);
  const FloatTag tag;
  const auto inverse = hn::Set(tag, InverseOf(d * static_cast<float>(best_scale)));
  const auto minimum = hn::Set(tag, m * static_cast<float>(best_minimum));
  HWY_ALIGN float levels[kGroup];
  for (std::int64_t i = 0; i < kGroup; i += LanesOf(tag)) {
    hn::StoreU(NearestLevel(tag, hn::LoadU(tag, x + i), inverse, minimum), tag, levels + i);
  }
  std::uint8_t* q = block.q + j / 2 * 32;
  for (int i = 0; i < 32; ++i) {
    const int level = static_cast<int>(levels[i]);
    q[i] = static_cast<std::uint8_t>(j % 2 == 0 ? level : q[i] | (level << 4));
  }
}

void QuantiseQ4K(const float* x, BlockQ4K& block) {
  Affine wanted[8];
  float largest_scale = 0, largest_minimum = 0;
  for (int j = 0; j < 8; ++j) {
    wanted[j] = BestAffine(x + kGroup * j);
    largest_scale = std::max(largest_scale, wanted[j].scale);
    largest_minimum = std::max(largest_minimum, wanted[j].minimum);
  }
  std::memset(&block, 0, sizeof(block));
  block.d = Half::of(f16_from_float(largest_scale / 63.0f));
  block.m = Half::of(f16_from_float(largest_minimum / 63.0f));
  const float d = float_from_f16(block.d.bits()), m = float_from_f16(block.m.bits());
  for (int j = 0; j < 8; ++j) StoreGroup(x + kGroup * j, j, wanted[j], d, m, block);
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace sequent::kernels {

HWY_EXPORT(QuantiseQ4K);

namespace {

// d = max |x| / 127,  n = x / d rounded half away from zero.
void quantise_block(const float* x, BlockQ8_0& block) {
  float largest = 0;
  for (int i = 0; i < 32; ++i) largest = std::max(largest, std::abs(x[i]));
  const float d = largest / 127.0f, inverse = d == 0 ? 0.0f : 1.0f / d;
  block.d = Half::of(f16_from_float(d));
  for (int i = 0; i < 32; ++i) block.q[i] = static_cast<std::int8_t>(std::round(x[i] * inverse));
}

// d = x_max / -8 with x_max the first value of the largest size,  n = trunc(x / d + 8.5), at most 15.
void quantise_block(const float* x, BlockQ4_0& block) {
  float largest = 0;
  for (int i = 0; i < 32; ++i) {
    if (std::abs(x[i]) > std::abs(largest)) largest = x[i];
  }
  const float d = largest / -8.0f;
  const double inverse = d == 0 ? 0.0 : static_cast<double>(1.0f / d);
  block.d = Half::of(f16_from_float(d));
  // The bytes depend on the product being rounded before the sum; in double no compiler can merge the two.
  const auto level = [&](int i) {
    const auto product = static_cast<float>(static_cast<double>(x[i]) * inverse);
    return std::clamp(static_cast<int>(product + 8.5f), 0, 15);
  };
  for (int i = 0; i < 16; ++i) block.q[i] = static_cast<std::uint8_t>(level(i) | (level(i + 16) << 4));
}

void quantise_block(const float* x, BlockQ4K& block) {
  HWY_DYNAMIC_DISPATCH(QuantiseQ4K)(x, block);
}

template <class Block>
void quantise_blocks(const Quantise& args, std::int64_t elements, std::int64_t grain) {
  parallel_for(0, args.count / elements, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      quantise_block(args.from + b * elements, static_cast<Block*>(args.to)[b]);
    }
  });
}

template <class Convert>
void convert(const Quantise& args, Convert&& convert_one) {
  parallel_for(0, args.count, 1 << 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::uint16_t bits = convert_one(args.from[i]);
      std::memcpy(static_cast<std::byte*>(args.to) + 2 * i, &bits, 2);
    }
  });
}

}  // namespace

float largest_quantisable(DType type) {
  constexpr float kLargestHalf = 65504.0f;
  switch (type) {
    case DType::f16:
      return kLargestHalf;
    case DType::q8_0:
      return kLargestHalf * 127.0f;
    case DType::q4_0:
      return kLargestHalf * 8.0f;
    case DType::q4_k:
      return kLargestHalf * 63.0f;
    default:
      return 3.3e38f;
  }
}

void quantise(Cpu, const Quantise& args) {
  const std::int64_t block = block_of(args.type).elements;
  check(args.count % block == 0, "quantise: {} comes in blocks of {} values, got {}", name_of(args.type), block,
        args.count);
  switch (args.type) {
    case DType::f32:
      std::memcpy(args.to, args.from, static_cast<std::size_t>(args.count) * sizeof(float));
      return;
    case DType::f16:
      return convert(args, f16_from_float);
    case DType::bf16:
      return convert(args, bf16_from_float);
    case DType::q8_0:
      return quantise_blocks<BlockQ8_0>(args, block, 512);
    case DType::q4_0:
      return quantise_blocks<BlockQ4_0>(args, block, 512);
    case DType::q4_k:
      return quantise_blocks<BlockQ4K>(args, block, 4);
    default:
      fail("quantise: values can become f32, f16, bf16, q8_0, q4_0 or q4_k, not {}", name_of(args.type));
  }
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
