#include "sequent/kernels/quantised_product.h"

#include <cmath>
#include <limits>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/quantised_product.cpp"
#include "hwy/cache_control.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/quantised_levels-inl.h"

#ifndef SEQUENT_KERNELS_CPU_QUANTISED_PRODUCT_ONCE_
#define SEQUENT_KERNELS_CPU_QUANTISED_PRODUCT_ONCE_
namespace sequent::kernels {
namespace {

// Values whose sum is kept for the minima of q4_k and q5_k: their sub-blocks.
constexpr std::int64_t kSummed = 32;

// A as integers, in the scratch.
struct Rounded {
  Rounded(float* scratch, std::int64_t rows, std::int64_t inner)
      : sums(scratch),
        scales(sums + rows * inner / kSummed),
        values(reinterpret_cast<std::int16_t*>(scales + rows * inner / kSummed)) {}
  float* sums;           // [rows, inner / kSummed], of the floats
  float* scales;         // [rows, blocks]
  std::int16_t* values;  // [rows, inner]
};

}  // namespace
}  // namespace sequent::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {
namespace {

// Of `count` values, a multiple of kSummed, with one scale.
void RoundBlock(const float* a, std::int64_t count, std::int16_t* values, float* scale, float* sums) {
  const FloatTag d;
  const hn::Rebind<std::int16_t, FloatTag> d16;
  auto largest = hn::Zero(d);
  bool finite = true;
  for (std::int64_t begin = 0; begin < count; begin += kSummed) {
    auto sum = hn::Zero(d);
    for (std::int64_t i = begin; i < begin + kSummed; i += LanesOf(d)) {
      const auto v = hn::LoadU(d, a + i);
      largest = hn::Max(largest, hn::Abs(v));
      sum = hn::Add(sum, v);
    }
    sums[begin / kSummed] = SumOf(d, sum);
    // NaN is no maximum, but it is in the sum; so is every infinity.
    finite = finite && std::isfinite(sums[begin / kSummed]);
  }
  const float limit = MaximumOf(d, largest);
  *scale = finite ? limit / 32767.0f : std::numeric_limits<float>::quiet_NaN();
  const auto inverse = hn::Set(d, finite && limit > 0 ? 32767.0f / limit : 0.0f);
  for (std::int64_t i = 0; i < count; i += LanesOf(d)) {
    const auto rounded = hn::NearestInt(hn::Mul(hn::LoadU(d, a + i), inverse));
    hn::StoreU(hn::DemoteTo(d16, rounded), d16, values + i);
  }
}

using SumTag = hn::RebindToSigned<hn::CappedTag<float, 8>>;

// The products of a vector of integers, added up in pairs to the sums.
HWY_INLINE hn::Vec<SumTag> AddProducts(LevelVector levels, LevelVector a, hn::Vec<SumTag> sums) {
  const SumTag d32;
#if HWY_TARGET == HWY_SCALAR
  return hn::Add(sums, hn::Mul(hn::PromoteTo(d32, levels), hn::PromoteTo(d32, a)));
#else
  auto others = hn::Zero(d32);
  sums = hn::ReorderWidenMulAccumulate(d32, levels, a, sums, others);
  return hn::Add(sums, others);
#endif
}

// Bytes ahead of its use that W is fetched: the processor does not by itself foresee the blocks of several columns.
constexpr std::int64_t kAhead = 448;

// c[row, j .. j + kColumns) of kRows rows. Every element is one chain of additions in the order of the blocks, whatever
// is computed beside it.
template <class Levels, int kRows, int kColumns>
HWY_INLINE void QuantisedTile(const QuantisedProduct& args, const Rounded& rounded, std::int64_t row, std::int64_t j) {
  using Block = typename Levels::Block;
  constexpr int kValues = Levels::kGroup * Levels::kGroups, kChains = Levels::kGroups > 1 ? 2 : 1;
  const hn::CappedTag<float, 8> d;
  const SumTag d32;
  const LevelTag d16;
  const std::int64_t blocks = args.inner / kValues;
  const auto* w = static_cast<const Block*>(args.w) + j * blocks;
  hn::Vec<decltype(d)> sums[kRows][kColumns];
  for (auto& of_row : sums) {
    for (auto& sum : of_row) sum = hn::Zero(d);
  }
  for (std::int64_t b = 0; b < blocks; ++b) {
    // Before the columns, so that the scales are in memory, from where they spread over a vector at no cost.
    float scales[kColumns][Levels::kGroups], minima[kColumns][Levels::kGroups];
    HWY_UNROLL(1)
    for (int s = 0; s < kColumns; ++s) {
      const Block& block = w[s * blocks + b];
      Levels::Scales(block, scales[s], minima[s]);
      for (std::size_t line = 0; line < sizeof(Block); line += 64) {
        hwy::Prefetch(reinterpret_cast<const std::uint8_t*>(&block) + kAhead + line);
      }
    }
    for (int s = 0; s < kColumns; ++s) {
      const Block& block = w[s * blocks + b];
      hn::Vec<decltype(d)> of_block[kRows][kChains];
      for (auto& of_row : of_block) {
        for (auto& sum : of_row) sum = hn::Zero(d);
      }
      HWY_UNROLL(16)
      for (int g = 0; g < Levels::kGroups; ++g) {
        hn::Vec<decltype(d32)> products[kRows];
        for (auto& product : products) product = hn::Zero(d32);
        HWY_UNROLL(4)
        for (int i = 0; i < Levels::kGroup; i += static_cast<int>(hn::Lanes(d16))) {
          const LevelVector levels = Levels::At(block, g, i);
          for (int r = 0; r < kRows; ++r) {
            const auto* a = rounded.values + (row + r) * args.inner + b * kValues + g * Levels::kGroup + i;
            products[r] = AddProducts(levels, hn::LoadU(d16, a), products[r]);
          }
        }
        for (int r = 0; r < kRows; ++r) {
          auto& sum = of_block[r][g % kChains];
          sum = hn::MulAdd(hn::ConvertTo(d, products[r]), hn::Set(d, scales[s][g]), sum);
        }
      }
      for (int r = 0; r < kRows; ++r) {
        auto& sum = sums[r][s];
        auto all = of_block[r][0];
        for (int chain = 1; chain < kChains; ++chain) all = hn::Add(all, of_block[r][chain]);
        sum = hn::MulAdd(all, hn::Set(d, rounded.scales[(row + r) * blocks + b]), sum);
        if constexpr (Levels::kMinima) {
          const float* of_a = rounded.sums + ((row + r) * blocks + b) * Levels::kGroups;
          for (int g = 0; g < Levels::kGroups; g += static_cast<int>(hn::Lanes(d))) {
            sum = hn::NegMulAdd(hn::LoadU(d, minima[s] + g), hn::LoadU(d, of_a + g), sum);
          }
        }
      }
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int s = 0; s < kColumns; ++s) {
      float& c = args.c[(row + r) * args.columns + j + s];
      const float product = hn::GetLane(hn::SumOfLanes(d, sums[r][s]));
      c = args.beta == 0 ? product : product + args.beta * c;
    }
  }
}

// Flattened: a call for each vector would cost more than its arithmetic.
template <class Levels, int kRows>
HWY_FLATTEN void QuantisedRows(const QuantisedProduct& args, const Rounded& rounded, std::int64_t row,
                               std::int64_t begin, std::int64_t end) {
  constexpr int kColumns = 4;
  std::int64_t j = begin;
  for (; j + kColumns <= end; j += kColumns) QuantisedTile<Levels, kRows, kColumns>(args, rounded, row, j);
  for (; j < end; ++j) QuantisedTile<Levels, kRows, 1>(args, rounded, row, j);
}

// Columns [begin, end) of all rows.
void QuantisedColumns(const QuantisedProduct& args, std::int64_t begin, std::int64_t end) {
  const Rounded rounded(args.scratch, args.rows, args.inner);
  WithLevels(args.type, [&](auto levels) HWY_ATTR {
    using Levels = decltype(levels);
    std::int64_t row = 0;
    for (; row + 4 <= args.rows; row += 4) QuantisedRows<Levels, 4>(args, rounded, row, begin, end);
    for (; row < args.rows; ++row) QuantisedRows<Levels, 1>(args, rounded, row, begin, end);
  });
}

void RoundRows(const QuantisedProduct& args) {
  const Rounded rounded(args.scratch, args.rows, args.inner);
  const std::int64_t block = block_of(args.type).elements;
  for (std::int64_t i = 0; i < args.rows * args.inner; i += block) {
    RoundBlock(args.a + i, block, rounded.values + i, rounded.scales + i / block, rounded.sums + i / kSummed);
  }
}

}  // namespace
}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace sequent::kernels {

HWY_EXPORT(RoundRows);
HWY_EXPORT(QuantisedColumns);

std::int64_t quantised_product_scratch(std::int64_t rows, std::int64_t inner) {
  return rows * (2 * (inner / kSummed) + (inner + 1) / 2);
}

void quantised_product(Cpu, const QuantisedProduct& args) {
  // Multiply-adds below which a second thread costs more than it saves.
  constexpr std::int64_t kGrain = 65536;
  const std::int64_t of_column = std::max<std::int64_t>(1, args.rows * args.inner);
  HWY_DYNAMIC_DISPATCH(RoundRows)(args);
  parallel_for(0, args.columns, std::max<std::int64_t>(1, kGrain / of_column),
               [&](std::int64_t begin, std::int64_t end) { HWY_DYNAMIC_DISPATCH(QuantisedColumns)
                                                           (args, begin, end); });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
