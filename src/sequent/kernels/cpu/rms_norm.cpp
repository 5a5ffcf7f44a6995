#include "sequent/kernels/rms_norm.h"

#include <algorithm>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/rms_norm.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

void RmsNormForwardRows(const RmsNormForward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  for (std::int64_t r = begin; r < end; ++r) {
    const float* x = args.x + r * args.columns;
    float* y = args.y + r * args.columns;
    const float inverse_rms =
        1.0f / std::sqrt(Dot(d, x, x, args.columns) / static_cast<float>(args.columns) + args.epsilon);
    const auto scale = hn::Set(d, inverse_rms);
    ForEachVector(d, args.columns, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
      const auto normal = hn::Mul(LoadUpTo(d, x + c, count), scale);
      StoreUpTo(d, hn::Mul(normal, LoadUpTo(d, args.weight + c, count)), y + c, count);
    });
    if (args.inverse_rms) args.inverse_rms[r] = inverse_rms;
  }
}

// One piece of rows: dx, and the piece's own sum for dweight into `partial`.
void RmsNormBackwardRows(const RmsNormBackward<float>& args, float* partial, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  if (args.dweight) std::fill_n(partial, args.columns, 0.0f);
  for (std::int64_t r = begin; r < end; ++r) {
    const float* x = args.x + r * args.columns;
    const float* dy = args.dy + r * args.columns;
    auto sum = hn::Zero(d);
    ForEachVector(d, args.columns, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
      const auto g = hn::Mul(LoadUpTo(d, dy + c, count), LoadUpTo(d, args.weight + c, count));
      sum = hn::MulAdd(g, LoadUpTo(d, x + c, count), sum);
    });
    const auto scale = hn::Set(d, args.inverse_rms[r]);
    const auto mean = hn::Set(d, SumOf(d, sum) * args.inverse_rms[r] / static_cast<float>(args.columns));
    ForEachVector(d, args.columns, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
      const auto gradient = LoadUpTo(d, dy + c, count);
      const auto normal = hn::Mul(LoadUpTo(d, x + c, count), scale);
      if (args.dx) {
        const auto g = hn::Mul(gradient, LoadUpTo(d, args.weight + c, count));
        StoreUpTo(d, hn::Mul(scale, hn::NegMulAdd(normal, mean, g)), args.dx + r * args.columns + c, count);
      }
      if (args.dweight) {
        StoreUpTo(d, hn::MulAdd(gradient, normal, LoadUpTo(d, partial + c, count)), partial + c, count);
      }
    });
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

HWY_EXPORT(RmsNormForwardRows);
HWY_EXPORT(RmsNormBackwardRows);

void rms_norm(Cpu, const RmsNormForward<float>& args) {
  const std::int64_t grain = std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(args.columns, 1));
  parallel_for(0, args.rows, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(RmsNormForwardRows)(args, begin, end);
  });
}

void rms_norm(Cpu, const RmsNormBackward<float>& args) {
  parallel_tasks(kRmsNormPieces, [&](std::int64_t piece) {
    HWY_DYNAMIC_DISPATCH(RmsNormBackwardRows)
    (args, args.scratch + piece * args.columns, args.rows * piece / kRmsNormPieces,
     args.rows * (piece + 1) / kRmsNormPieces);
  });
  if (!args.dweight) return;
  for (std::int64_t piece = 0; piece < kRmsNormPieces; ++piece) {
    for (std::int64_t c = 0; c < args.columns; ++c) args.dweight[c] += args.scratch[piece * args.columns + c];
  }
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
