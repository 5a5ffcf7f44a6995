#include "sequent/kernels/discretization.h"

#include <algorithm>
#include <cmath>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/discretization.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/softplus-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

void StepSizeRows(const StepSizeForward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const auto minimum = hn::Set(d, args.minimum), maximum = hn::Set(d, args.maximum);
  for (std::int64_t row = begin * args.columns; row < end * args.columns; row += args.columns) {
    ForEachVector(d, args.columns, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
      const auto z = hn::Add(LoadUpTo(d, args.x + row + c, count), LoadUpTo(d, args.bias + c, count));
      const auto delta = SoftplusFrom(d, z, ExpOfMinusAbs(d, z));
      const auto limited = hn::Min(hn::Max(delta, minimum), maximum);
      // Not a number stays so, which the limits would lose.
      StoreUpTo(d, hn::IfThenElse(hn::IsNaN(z), z, limited), args.delta + row + c, count);
    });
  }
}

// One piece of rows: dx, and the piece's own sum for dbias into `partial`.
void StepSizeBackwardRows(const StepSizeBackward<float>& args, float* partial, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const auto minimum = hn::Set(d, args.minimum), maximum = hn::Set(d, args.maximum);
  std::fill_n(partial, args.columns, 0.0f);
  for (std::int64_t row = begin * args.columns; row < end * args.columns; row += args.columns) {
    ForEachVector(d, args.columns, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
      const auto z = hn::Add(LoadUpTo(d, args.x + row + c, count), LoadUpTo(d, args.bias + c, count));
      const auto w = ExpOfMinusAbs(d, z), delta = SoftplusFrom(d, z, w);
      const auto slope = hn::Mul(LoadUpTo(d, args.ddelta + row + c, count), SigmoidFrom(d, z, w));
      const auto within = hn::And(hn::Le(minimum, delta), hn::Le(delta, maximum));
      const auto dx = hn::IfThenElseZero(within, slope);
      StoreUpTo(d, dx, args.dx + row + c, count);
      StoreUpTo(d, hn::Add(dx, LoadUpTo(d, partial + c, count)), partial + c, count);
    });
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

HWY_EXPORT(StepSizeRows);
HWY_EXPORT(StepSizeBackwardRows);

void step_size(Cpu, const StepSizeForward<float>& args) {
  const std::int64_t grain = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(args.columns, 1));
  parallel_for(0, args.rows, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(StepSizeRows)(args, begin, end);
  });
}

void step_size(Cpu, const StepSizeBackward<float>& args) {
  parallel_tasks(kStepSizePieces, [&](std::int64_t piece) {
    HWY_DYNAMIC_DISPATCH(StepSizeBackwardRows)
    (args, args.scratch + piece * args.columns, args.rows * piece / kStepSizePieces,
     args.rows * (piece + 1) / kStepSizePieces);
  });
  if (!args.dbias) return;
  for (std::int64_t piece = 0; piece < kStepSizePieces; ++piece) {
    for (std::int64_t c = 0; c < args.columns; ++c) args.dbias[c] += args.scratch[piece * args.columns + c];
  }
}

// As many as heads: nothing to gain from vectors.
void decay_rate(Cpu, const DecayRateForward<float>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) args.rate[i] = -std::exp(args.a_log[i]);
}

void decay_rate(Cpu, const DecayRateBackward<float>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) args.da_log[i] += args.drate[i] * args.rate[i];
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
