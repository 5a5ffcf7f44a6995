#include "sequent/kernels/layer_norm.h"

#include <algorithm>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/layer_norm.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// The first `count` lanes of v, the rest zero.
HWY_INLINE FloatVector FirstLanes(FloatTag d, FloatVector v, std::int64_t count) {
  if (HWY_LIKELY(count >= LanesOf(d))) return v;
  return hn::IfThenElseZero(hn::FirstN(d, static_cast<std::size_t>(count)), v);
}

HWY_INLINE float Mean(FloatTag d, const float* x, std::int64_t size) {
  auto sum = hn::Zero(d);
  ForEachVector(d, size,
                [&](std::int64_t i, std::int64_t count) HWY_ATTR { sum = hn::Add(sum, LoadUpTo(d, x + i, count)); });
  return SumOf(d, sum) / static_cast<float>(size);
}

// Over deviations from the mean, not as the mean of squares minus the square of the mean, which cancels.
HWY_INLINE float Variance(FloatTag d, const float* x, float mean, std::int64_t size) {
  const auto center = hn::Set(d, mean);
  auto sum = hn::Zero(d);
  ForEachVector(d, size, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const auto deviation = FirstLanes(d, hn::Sub(LoadUpTo(d, x + i, count), center), count);
    sum = hn::MulAdd(deviation, deviation, sum);
  });
  return SumOf(d, sum) / static_cast<float>(size);
}

void LayerNormForwardRows(const LayerNormForward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  for (std::int64_t r = begin; r < end; ++r) {
    const float* x = args.x + r * args.columns;
    float* y = args.y + r * args.columns;
    const float mean = Mean(d, x, args.columns);
    const float inverse_deviation = 1.0f / std::sqrt(Variance(d, x, mean, args.columns) + args.epsilon);
    const auto center = hn::Set(d, mean), scale = hn::Set(d, inverse_deviation);
    ForEachVector(d, args.columns, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
      const auto normal = hn::Mul(hn::Sub(LoadUpTo(d, x + c, count), center), scale);
      const auto bias = args.bias ? LoadUpTo(d, args.bias + c, count) : hn::Zero(d);
      StoreUpTo(d, hn::MulAdd(normal, LoadUpTo(d, args.weight + c, count), bias), y + c, count);
    });
    if (args.mean) args.mean[r] = mean;
    if (args.inverse_deviation) args.inverse_deviation[r] = inverse_deviation;
  }
}

HWY_INLINE void LayerNormInputGradient(const LayerNormBackward<float>& args, std::int64_t r) {
  const FloatTag d;
  const float* x = args.x + r * args.columns;
  const float* dy = args.dy + r * args.columns;
  const auto center = hn::Set(d, args.mean[r]), scale = hn::Set(d, args.inverse_deviation[r]);
  auto sum_g = hn::Zero(d), sum_gn = hn::Zero(d);
  ForEachVector(d, args.columns, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
    // Zero beyond the end, as dy is.
    const auto g = hn::Mul(LoadUpTo(d, dy + c, count), LoadUpTo(d, args.weight + c, count));
    sum_g = hn::Add(sum_g, g);
    sum_gn = hn::MulAdd(g, hn::Sub(LoadUpTo(d, x + c, count), center), sum_gn);
  });
  const auto size = static_cast<float>(args.columns);
  const auto mean_g = hn::Set(d, SumOf(d, sum_g) / size);
  const auto mean_gn = hn::Set(d, SumOf(d, sum_gn) * args.inverse_deviation[r] / size);
  ForEachVector(d, args.columns, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
    const auto g = hn::Mul(LoadUpTo(d, dy + c, count), LoadUpTo(d, args.weight + c, count));
    const auto normal = hn::Mul(hn::Sub(LoadUpTo(d, x + c, count), center), scale);
    const auto centered = hn::NegMulAdd(normal, mean_gn, hn::Sub(g, mean_g));
    StoreUpTo(d, hn::Mul(scale, centered), args.dx + r * args.columns + c, count);
  });
}

// One piece of rows: dx, and the piece's own sums for dweight and dbias into `partial`, one after the other.
void LayerNormBackwardRows(const LayerNormBackward<float>& args, float* partial, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  float* dweight = partial;
  float* dbias = partial + args.columns;
  std::fill_n(partial, 2 * args.columns, 0.0f);
  for (std::int64_t r = begin; r < end; ++r) {
    if (args.dx) LayerNormInputGradient(args, r);
    if (!args.dweight && !args.dbias) continue;
    const auto center = hn::Set(d, args.mean[r]), scale = hn::Set(d, args.inverse_deviation[r]);
    ForEachVector(d, args.columns, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
      const auto dy = LoadUpTo(d, args.dy + r * args.columns + c, count);
      const auto normal = hn::Mul(hn::Sub(LoadUpTo(d, args.x + r * args.columns + c, count), center), scale);
      StoreUpTo(d, hn::MulAdd(dy, normal, LoadUpTo(d, dweight + c, count)), dweight + c, count);
      StoreUpTo(d, hn::Add(dy, LoadUpTo(d, dbias + c, count)), dbias + c, count);
    });
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

namespace {
// Below this many elements a second thread costs more than it saves.
constexpr std::int64_t kGrain = 32768;
}  // namespace

HWY_EXPORT(LayerNormForwardRows);
HWY_EXPORT(LayerNormBackwardRows);

void layer_norm(Cpu, const LayerNormForward<float>& args) {
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(args.columns, 1));
  parallel_for(0, args.rows, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(LayerNormForwardRows)(args, begin, end);
  });
}

void layer_norm(Cpu, const LayerNormBackward<float>& args) {
  const auto piece_of_rows = [&](std::int64_t piece) {
    HWY_DYNAMIC_DISPATCH(LayerNormBackwardRows)
    (args, args.scratch + piece * 2 * args.columns, args.rows * piece / kLayerNormPieces,
     args.rows * (piece + 1) / kLayerNormPieces);
  };
  if (args.rows * args.columns < kGrain) {
    for (std::int64_t piece = 0; piece < kLayerNormPieces; ++piece) piece_of_rows(piece);
  } else {
    parallel_tasks(kLayerNormPieces, piece_of_rows);
  }
  const auto add_pieces = [&](const float* from, float* to) {
    for (std::int64_t piece = 0; to && piece < kLayerNormPieces; ++piece) {
      for (std::int64_t c = 0; c < args.columns; ++c) to[c] += from[piece * 2 * args.columns + c];
    }
  };
  add_pieces(args.scratch, args.dweight);
  add_pieces(args.scratch + args.columns, args.dbias);
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
