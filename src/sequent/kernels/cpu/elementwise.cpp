#include "sequent/kernels/elementwise.h"

#include <algorithm>
#include <cstring>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/elementwise.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

void AddRange(const Add<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  ForEachVector(d, end - begin, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const std::int64_t at = begin + i;
    StoreUpTo(d, hn::Add(LoadUpTo(d, args.a + at, count), LoadUpTo(d, args.b + at, count)), args.y + at, count);
  });
}

void ScaleRange(const Scale<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const auto factor = hn::Set(d, args.factor);
  ForEachVector(d, end - begin, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    StoreUpTo(d, hn::Mul(LoadUpTo(d, args.x + begin + i, count), factor), args.y + begin + i, count);
  });
}

void AddScaledRange(const AddScaled<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const auto factor = hn::Set(d, args.factor);
  ForEachVector(d, end - begin, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    float* y = args.y + begin + i;
    StoreUpTo(d, hn::MulAdd(factor, LoadUpTo(d, args.x + begin + i, count), LoadUpTo(d, y, count)), y, count);
  });
}

void MovingAverageRange(const MovingAverage<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const auto kept = hn::Set(d, args.momentum), taken = hn::Set(d, 1 - args.momentum);
  ForEachVector(d, end - begin, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    float* y = args.y + begin + i;
    const auto part = hn::Mul(taken, LoadUpTo(d, args.x + begin + i, count));
    StoreUpTo(d, hn::MulAdd(kept, LoadUpTo(d, y, count), part), y, count);
  });
}

// Sums of short runs of rows, added up in turn: the rounding error grows with the root of a run, not of all rows.
void AddColumnSumsRange(const AddColumnSums<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  constexpr std::int64_t kRun = 64;
  ForEachVector(d, end - begin, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
    auto total = LoadUpTo(d, args.y + begin + c, count);
    for (std::int64_t from = 0; from < args.rows; from += kRun) {
      auto sum = hn::Zero(d);
      for (std::int64_t r = from; r < std::min(from + kRun, args.rows); ++r) {
        sum = hn::Add(sum, LoadUpTo(d, args.x + r * args.columns + begin + c, count));
      }
      total = hn::Add(total, sum);
    }
    StoreUpTo(d, total, args.y + begin + c, count);
  });
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

namespace {
// Below this many elements a second thread costs more than it saves.
constexpr std::int64_t kGrain = 16384;
}  // namespace

HWY_EXPORT(AddRange);
HWY_EXPORT(ScaleRange);
HWY_EXPORT(AddScaledRange);
HWY_EXPORT(MovingAverageRange);
HWY_EXPORT(AddColumnSumsRange);

void add(Cpu, const Add<float>& args) {
  parallel_for(0, args.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(AddRange)(args, begin, end);
  });
}

void scale(Cpu, const Scale<float>& args) {
  parallel_for(0, args.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(ScaleRange)(args, begin, end);
  });
}

void add_scaled(Cpu, const AddScaled<float>& args) {
  parallel_for(0, args.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(AddScaledRange)(args, begin, end);
  });
}

void moving_average(Cpu, const MovingAverage<float>& args) {
  parallel_for(0, args.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(MovingAverageRange)(args, begin, end);
  });
}

void copy_rows(Cpu, const CopyRows<float>& args) {
  if (args.columns == 0) return;
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / args.columns);
  parallel_for(0, args.rows, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      std::memcpy(args.y + r * args.y_stride, args.x + r * args.x_stride,
                  static_cast<std::size_t>(args.columns) * sizeof(float));
    }
  });
}

void add_column_sums(Cpu, const AddColumnSums<float>& args) {
  // Cuts between threads fall on whole cache lines of columns.
  constexpr std::int64_t kLine = 16;
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / (kLine * std::max<std::int64_t>(args.rows, 1)));
  parallel_for(0, (args.columns + kLine - 1) / kLine, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(AddColumnSumsRange)(args, begin * kLine, std::min(end * kLine, args.columns));
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
