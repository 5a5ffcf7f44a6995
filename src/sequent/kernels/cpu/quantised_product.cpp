#include "sequent/kernels/quantised_product.h"

#include <cmath>
#include <limits>
#include <utility>

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

// A as integers, in the scratch. Scales and sums are those of groups of 32 or 16 values; those of a row are followed by
// zeros up to a whole vector's worth, as a row may end in the middle of one.
struct Rounded {
  static constexpr std::int64_t kSmallestGroup = 16, kPadding = 16;
  static std::int64_t groups(std::int64_t inner) { return inner / kSmallestGroup + kPadding; }

  Rounded(float* scratch, std::int64_t rows, std::int64_t inner)
      : stride(groups(inner)),
        sums(scratch),
        scales(sums + rows * stride),
        values(reinterpret_cast<std::int16_t*>(scales + rows * stride)) {}
  std::int64_t stride;
  float* sums;           // [rows, stride]: scale times the sum of the integers
  float* scales;         // [rows, stride]
  std::int16_t* values;  // [rows, inner]
};

}  // namespace
}  // namespace sequent::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {
namespace {

// A group of values with one scale.
void RoundGroup(const float* a, std::int64_t count, std::int16_t* values, float* scale, float* sum) {
  const ProductTag d;
  const hn::Rebind<std::int16_t, ProductTag> d16;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto largest = hn::Zero(d);
  auto all_finite = hn::IsFinite(largest);
  for (std::int64_t i = 0; i < count; i += lanes) {
    const auto v = hn::LoadU(d, a + i);
    largest = hn::Max(largest, hn::Abs(v));
    all_finite = hn::And(all_finite, hn::IsFinite(v));
  }
  const bool finite = hn::AllTrue(d, all_finite);
  const float limit = hn::GetLane(hn::MaxOfLanes(d, largest));
  // Nothing finite comes of a value that is not: the scale carries it into every element of the product.
  *scale = finite ? limit / 32767.0f : std::numeric_limits<float>::quiet_NaN();
  const auto inverse = hn::Set(d, finite && limit > 0 ? 32767.0f / limit : 0.0f);
  auto total = hn::Zero(d);
  for (std::int64_t i = 0; i < count; i += lanes) {
    const auto rounded = hn::NearestInt(hn::Mul(hn::LoadU(d, a + i), inverse));
    total = hn::Add(total, hn::ConvertTo(d, rounded));
    hn::StoreU(hn::DemoteTo(d16, rounded), d16, values + i);
  }
  *sum = *scale * hn::GetLane(hn::SumOfLanes(d, total));
}

template <class Levels>
void RoundRow(const float* a, std::int64_t inner, std::int16_t* values, float* scales, float* sums) {
  std::int64_t group = 0;
  for (std::int64_t begin = 0; begin < inner; begin += kUnit) {
    std::int16_t unit[kUnit];
    for (int i = 0; i < kUnit; i += Levels::kGroup, ++group) {
      RoundGroup(a + begin + i, Levels::kGroup, unit + i, scales + group, sums + group);
    }
    std::int16_t* const to = values + begin;
    for (int i = 0; i < kUnit / 2; ++i) {
      to[Levels::kPaired ? i : 2 * i] = unit[2 * i];
      to[Levels::kPaired ? i + kUnit / 2 : 2 * i + 1] = unit[2 * i + 1];
    }
  }
  for (std::int64_t i = 0; i < Rounded::kPadding; ++i) scales[group + i] = sums[group + i] = 0;
}

// A step of kRows elements: up to 256 values of a row of W. What they share is read and unpacked once.
template <class Levels, int kRows>
struct QuantisedStep {
  static constexpr int kGroups = kUnits * kUnit / Levels::kGroup, kSums = 2;

  ProductVector sums[kRows][kSums];

  HWY_INLINE QuantisedStep() {
    for (auto& of_row : sums) {
      for (auto& sum : of_row) sum = hn::Zero(ProductTag());
    }
  }

  // The first `units` of the values. Two sums in turn, as every addition waits for the one before.
  template <int... kUnitOf>
  HWY_INLINE void Add(const typename Levels::Block* blocks, int units, const Rounded& a, std::int64_t row,
                      std::int64_t begin, std::int64_t inner, std::integer_sequence<int, kUnitOf...>) {
    const ProductTag d;
    // In memory, from where they spread over a vector at no cost.
    float scales[kGroups], minima[kGroups], of_rows[kRows][kGroups];
    Levels::Scales(blocks, units, scales, minima);
    for (int r = 0; r < kRows; ++r) {
      const std::int64_t group = (row + r) * a.stride + begin / Levels::kGroup;
      for (int g = 0; g < kGroups; g += static_cast<int>(hn::Lanes(d))) {
        hn::StoreU(hn::Mul(hn::LoadU(d, scales + g), hn::LoadU(d, a.scales + group + g)), d, of_rows[r] + g);
        if constexpr (Levels::kMinima) {
          sums[r][0] = hn::NegMulAdd(hn::LoadU(d, minima + g), hn::LoadU(d, a.sums + group + g), sums[r][0]);
        }
      }
    }
    const std::int16_t* values = a.values + row * inner + begin;
    (AddUnit<kUnitOf>(blocks, units, of_rows, values, inner), ...);
  }

  template <int kUnitOf>
  HWY_INLINE void AddUnit(const typename Levels::Block* blocks, int units, const float (&scales)[kRows][kGroups],
                          const std::int16_t* values, std::int64_t inner) {
    if (kUnitOf >= units) return;
    const ProductTag d;
    for (int k = 0; k < kRuns; ++k) {
      for (int r = 0; r < kRows; ++r) {
        const auto products = Levels::template Products<kUnitOf>(blocks, k, values + r * inner + kUnitOf * kUnit);
        auto& sum = sums[r][kUnitOf % kSums];
        sum = hn::MulAdd(hn::ConvertTo(d, products), ScalesOfRun<Levels, kUnitOf>(scales[r], k), sum);
      }
    }
  }
};

// Bytes ahead of its use that W is fetched: a page, before which the processor by itself does not look.
constexpr std::int64_t kAhead = 4096;

// c[row .. row + kRows, begin .. end). W is read from its beginning to its end. Every element is one chain of additions
// in the order of the values, whatever is computed beside it.
template <class Levels, int kRows>
HWY_FLATTEN void QuantisedRows(const StoredProduct& args, const Rounded& rounded, std::int64_t row, std::int64_t begin,
                               std::int64_t end) {
  using Block = typename Levels::Block;
  constexpr int kStep = kUnits * kUnit;
  constexpr auto kAllUnits = std::make_integer_sequence<int, kUnits>();
  const ProductTag d;
  const std::int64_t blocks = args.inner * Levels::kBlocks / kStep;
  for (std::int64_t j = begin; j < end; ++j) {
    const auto* w = static_cast<const Block*>(args.w) + j * blocks;
    QuantisedStep<Levels, kRows> step;
    std::int64_t i = 0;
    for (; i + kStep <= args.inner; i += kStep, w += Levels::kBlocks) {
      for (std::size_t line = 0; line < Levels::kBlocks * sizeof(Block); line += 64) {
        hwy::Prefetch(reinterpret_cast<const std::uint8_t*>(w) + kAhead + line);
      }
      step.Add(w, kUnits, rounded, row, i, args.inner, kAllUnits);
    }
    if (Levels::kBlocks > 1 && i < args.inner) {
      step.Add(w, static_cast<int>((args.inner - i) / kUnit), rounded, row, i, args.inner, kAllUnits);
    }
    for (int r = 0; r < kRows; ++r) {
      float& c = args.c[(row + r) * args.columns + j];
      const float product = hn::GetLane(hn::SumOfLanes(d, hn::Add(step.sums[r][0], step.sums[r][1])));
      c = args.beta == 0 ? product : product + args.beta * c;
    }
  }
}

// Columns [begin, end) of all rows.
void QuantisedColumns(const StoredProduct& args, std::int64_t begin, std::int64_t end) {
  const Rounded rounded(args.scratch, args.rows, args.inner);
  WithLevels(args.type, [&](auto levels) HWY_ATTR {
    using Levels = decltype(levels);
    std::int64_t row = 0;
    for (; row + 4 <= args.rows; row += 4) QuantisedRows<Levels, 4>(args, rounded, row, begin, end);
    for (; row < args.rows; ++row) QuantisedRows<Levels, 1>(args, rounded, row, begin, end);
  });
}

void RoundRows(const StoredProduct& args) {
  const Rounded rounded(args.scratch, args.rows, args.inner);
  WithLevels(args.type, [&](auto levels) HWY_ATTR {
    for (std::int64_t row = 0; row < args.rows; ++row) {
      RoundRow<decltype(levels)>(args.a + row * args.inner, args.inner, rounded.values + row * args.inner,
                                 rounded.scales + row * rounded.stride, rounded.sums + row * rounded.stride);
    }
  });
}

}  // namespace
}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace sequent::kernels {

HWY_EXPORT(RoundRows);
HWY_EXPORT(QuantisedColumns);

std::int64_t quantised_product_scratch(std::int64_t rows, std::int64_t inner) {
  return rows * (2 * Rounded::groups(inner) + (inner + 1) / 2);
}

void quantised_product(Cpu, const StoredProduct& args) {
  // Multiply-adds below which a second thread costs more than it saves.
  constexpr std::int64_t kGrain = 65536;
  const std::int64_t of_column = std::max<std::int64_t>(1, args.rows * args.inner);
  HWY_DYNAMIC_DISPATCH(RoundRows)(args);
  parallel_for(0, args.columns, std::max<std::int64_t>(1, kGrain / of_column),
               [&](std::int64_t begin, std::int64_t end) {
                 HWY_DYNAMIC_DISPATCH(QuantisedColumns)
                 (args, begin, end);
               });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
