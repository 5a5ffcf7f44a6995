#include "sequent/kernels/gated_rms_norm.h"

#include <algorithm>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/gated_rms_norm.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {
namespace {

// One group of one row.
struct GroupOfRow {
  std::int64_t at;      // in x, gate and y
  const float* weight;  // null for ones

  GroupOfRow(const GatedRmsNormArguments<float>& in, std::int64_t row, std::int64_t g)
      : at(row * in.columns + g * in.group),
        weight(in.weight && !in.weight_shared ? in.weight + g * in.group : in.weight) {}

  HWY_INLINE FloatVector Weight(FloatTag d, std::int64_t c, std::int64_t count) const {
    return weight ? LoadUpTo(d, weight + c, count) : hn::Set(d, 1.0f);
  }
};

HWY_INLINE float InverseRms(const GatedRmsNormArguments<float>& in, float sum, std::int64_t index) {
  const float epsilon = in.epsilon_scale ? in.epsilon * in.epsilon_scale[index] : in.epsilon;
  return 1.0f / std::sqrt(sum / static_cast<float>(in.group) + epsilon);
}

// y receives what is normalised first, so that the gate is computed once in either order.
float ForwardGroup(const GatedRmsNormArguments<float>& in, const GroupOfRow& group, std::int64_t index, float* y) {
  const FloatTag d;
  const float *x = in.x + group.at, *gate = in.gate + group.at;
  auto sum = hn::Zero(d);
  ForEachVector(d, in.group, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
    const auto v = LoadUpTo(d, x + c, count), z = LoadUpTo(d, gate + c, count);
    const auto silu = hn::Mul(z, Sigmoid(d, z));
    const auto normalised = in.norm_before_gate ? v : hn::Mul(v, silu);
    sum = hn::MulAdd(normalised, normalised, sum);
    StoreUpTo(d, hn::Mul(v, silu), y + c, count);
  });
  const float inverse_rms = InverseRms(in, SumOf(d, sum), index);
  const auto scale = hn::Set(d, inverse_rms);
  ForEachVector(d, in.group, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
    StoreUpTo(d, hn::Mul(hn::Mul(LoadUpTo(d, y + c, count), scale), group.Weight(d, c, count)), y + c, count);
  });
  return inverse_rms;
}

// With n = v * inverse_rms and d = dy * factor, as in the reference; dgate holds the sigmoid between the passes.
void BackwardGroup(const GatedRmsNormBackward<float>& args, const GroupOfRow& group, float inverse_rms,
                   float* dweight) {
  const FloatTag d;
  const GatedRmsNormArguments<float>& in = args.inputs;
  const float *x = in.x + group.at, *gate = in.gate + group.at, *dy = args.dy + group.at;
  float *dx = args.dx + group.at, *dgate = args.dgate + group.at;
  auto sum = hn::Zero(d);
  ForEachVector(d, in.group, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
    const auto z = LoadUpTo(d, gate + c, count), open = Sigmoid(d, z);
    // In either order d * v is dy * weight * silu * x.
    const auto product = hn::Mul(hn::Mul(LoadUpTo(d, dy + c, count), group.Weight(d, c, count)),
                                 hn::Mul(hn::Mul(z, open), LoadUpTo(d, x + c, count)));
    sum = hn::Add(sum, product);
    StoreUpTo(d, open, dgate + c, count);
  });
  const auto scale = hn::Set(d, inverse_rms);
  const auto mean = hn::Set(d, SumOf(d, sum) * inverse_rms / static_cast<float>(in.group));
  const auto one = hn::Set(d, 1.0f);
  ForEachVector(d, in.group, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
    const auto z = LoadUpTo(d, gate + c, count), open = LoadUpTo(d, dgate + c, count), silu = hn::Mul(z, open);
    const auto slope = hn::Mul(open, hn::MulAdd(z, hn::Sub(one, open), one));
    const auto v = LoadUpTo(d, x + c, count), gradient = LoadUpTo(d, dy + c, count);
    const auto weighted = hn::Mul(gradient, group.Weight(d, c, count));
    // n * silu in one order, n of x * silu in the other: the same product.
    const auto gated_normal = hn::Mul(hn::Mul(v, scale), silu);
    if (in.norm_before_gate) {
      const auto normal = hn::Mul(v, scale);
      StoreUpTo(d, hn::Mul(scale, hn::NegMulAdd(normal, mean, hn::Mul(weighted, silu))), dx + c, count);
      StoreUpTo(d, hn::Mul(slope, hn::Mul(weighted, normal)), dgate + c, count);
    } else {
      const auto dv = hn::Mul(scale, hn::NegMulAdd(gated_normal, mean, weighted));
      StoreUpTo(d, hn::Mul(dv, silu), dx + c, count);
      StoreUpTo(d, hn::Mul(slope, hn::Mul(dv, v)), dgate + c, count);
    }
    if (dweight) {
      StoreUpTo(d, hn::MulAdd(gradient, gated_normal, LoadUpTo(d, dweight + c, count)), dweight + c, count);
    }
  });
}

}  // namespace

void GatedRmsNormForwardRows(const GatedRmsNormForward<float>& args, std::int64_t begin, std::int64_t end) {
  const GatedRmsNormArguments<float>& in = args.inputs;
  for (std::int64_t r = begin; r < end; ++r) {
    for (std::int64_t g = 0; g < in.groups(); ++g) {
      const std::int64_t index = r * in.groups() + g;
      const GroupOfRow group(in, r, g);
      const float inverse_rms = ForwardGroup(in, group, index, args.y + group.at);
      if (args.inverse_rms) args.inverse_rms[index] = inverse_rms;
    }
  }
}

// One piece of rows: dx, dgate, and the piece's own sum for dweight into `partial`.
void GatedRmsNormBackwardRows(const GatedRmsNormBackward<float>& args, float* partial, std::int64_t begin,
                              std::int64_t end) {
  const GatedRmsNormArguments<float>& in = args.inputs;
  if (args.dweight) std::fill_n(partial, in.weight_size(), 0.0f);
  for (std::int64_t r = begin; r < end; ++r) {
    for (std::int64_t g = 0; g < in.groups(); ++g) {
      float* dweight = args.dweight ? partial + (in.weight_shared ? 0 : g * in.group) : nullptr;
      BackwardGroup(args, GroupOfRow(in, r, g), args.inverse_rms[r * in.groups() + g], dweight);
    }
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

HWY_EXPORT(GatedRmsNormForwardRows);
HWY_EXPORT(GatedRmsNormBackwardRows);

void gated_rms_norm(Cpu, const GatedRmsNormForward<float>& args) {
  const std::int64_t grain = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(args.inputs.columns, 1));
  parallel_for(0, args.inputs.rows, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(GatedRmsNormForwardRows)(args, begin, end);
  });
}

void gated_rms_norm(Cpu, const GatedRmsNormBackward<float>& args) {
  const std::int64_t rows = args.inputs.rows, size = args.inputs.weight_size();
  parallel_tasks(kGatedRmsNormPieces, [&](std::int64_t piece) {
    HWY_DYNAMIC_DISPATCH(GatedRmsNormBackwardRows)
    (args, args.scratch + piece * size, rows * piece / kGatedRmsNormPieces, rows * (piece + 1) / kGatedRmsNormPieces);
  });
  if (!args.dweight) return;
  for (std::int64_t piece = 0; piece < kGatedRmsNormPieces; ++piece) {
    for (std::int64_t c = 0; c < size; ++c) args.dweight[c] += args.scratch[piece * size + c];
  }
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
