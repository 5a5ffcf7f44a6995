#include "sequent/kernels/power_error.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/power_error.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {
namespace {

// |x|^power for x >= 0. Only the published exponents, 1 and 2, are worth vectors; others are taken one by one.
struct Power {
  float power;

  HWY_INLINE FloatVector Of(FloatTag d, FloatVector x) const {
    if (power == 0.0f) return hn::Set(d, 1.0f);
    if (power == 1.0f) return x;
    if (power == 2.0f) return hn::Mul(x, x);
    HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)];
    hn::Store(x, d, lanes);
    for (std::int64_t i = 0; i < LanesOf(d); ++i) lanes[i] = std::pow(lanes[i], power);
    return hn::Load(d, lanes);
  }
};

}  // namespace

// Terms of short runs are added in float, the runs in double.
double PowerErrorSum(const PowerErrorForward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const std::int64_t run = 64 * LanesOf(d);
  const Power power{args.exponent};
  double total = 0;
  for (std::int64_t from = begin; from < end; from += run) {
    auto sum = hn::Zero(d);
    // Both are zero beyond the end.
    ForEachVector(d, std::min(run, end - from), [&](std::int64_t i, std::int64_t count) HWY_ATTR {
      const auto a = LoadUpTo(d, args.a + from + i, count), b = LoadUpTo(d, args.b + from + i, count);
      sum = hn::Add(sum, power.Of(d, hn::Abs(hn::Sub(a, b))));
    });
    total += static_cast<double>(SumOf(d, sum));
  }
  return total;
}

void PowerErrorGradient(const PowerErrorBackward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const auto factor = hn::Set(d, args.factor), zero = hn::Zero(d);
  const Power power{args.exponent - 1};
  ForEachVector(d, end - begin, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const std::int64_t at = begin + i;
    const auto difference = hn::Sub(LoadUpTo(d, args.a + at, count), LoadUpTo(d, args.b + at, count));
    const auto size = hn::Mul(factor, power.Of(d, hn::Abs(difference)));
    const auto negative = hn::IfThenElse(hn::Lt(difference, zero), hn::Neg(size), zero);
    const auto signed_size = hn::IfThenElse(hn::Gt(difference, zero), size, negative);
    StoreUpTo(d, hn::IfThenElse(hn::IsNaN(difference), difference, signed_size), args.da + at, count);
  });
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {
namespace {

// The sum is taken in this many pieces, whatever the number of threads.
constexpr std::int64_t kPieces = 32;
// Below this many elements a second thread costs more than it saves.
constexpr std::int64_t kGrain = 16384;

}  // namespace

HWY_EXPORT(PowerErrorSum);
HWY_EXPORT(PowerErrorGradient);

void power_error(Cpu, const PowerErrorForward<float>& args) {
  std::array<double, kPieces> sums = {};
  const auto piece = [&](std::int64_t i) {
    sums[static_cast<std::size_t>(i)] =
        HWY_DYNAMIC_DISPATCH(PowerErrorSum)(args, args.count * i / kPieces, args.count * (i + 1) / kPieces);
  };
  if (args.count < 2 * kGrain) {
    for (std::int64_t i = 0; i < kPieces; ++i) piece(i);
  } else {
    parallel_tasks(kPieces, piece);
  }
  *args.sum = 0;
  for (const double sum : sums) *args.sum += sum;
}

void power_error(Cpu, const PowerErrorBackward<float>& args) {
  parallel_for(0, args.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(PowerErrorGradient)(args, begin, end);
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
