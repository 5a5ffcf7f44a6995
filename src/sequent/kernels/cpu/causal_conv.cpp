#include "sequent/kernels/causal_conv.h"

#include <algorithm>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/causal_conv.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

// Channels are worked on this many at a time, so that their weights and a few rows stay in the first-level cache.
#ifndef SEQUENT_KERNELS_CPU_CAUSAL_CONV_GROUP
#define SEQUENT_KERNELS_CPU_CAUSAL_CONV_GROUP
namespace sequent::kernels {
inline constexpr std::int64_t kConvGroup = 256;

inline std::int64_t conv_groups(std::int64_t channels) {
  return (channels + kConvGroup - 1) / kConvGroup;
}

// The sequence that token t belongs to.
inline std::int64_t conv_sequence_of(const CausalConvArguments<float>& in, std::int64_t t) {
  return std::upper_bound(in.offsets, in.offsets + in.sequences + 1, t) - in.offsets - 1;
}
}  // namespace sequent::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// A group of channels with its weights transposed to [tap][channel].
struct ConvGroup {
  std::int64_t first, width;
  float weight[kCausalConvMaximumTaps][kConvGroup];

  ConvGroup(const CausalConvArguments<float>& in, std::int64_t group)
      : first(group * kConvGroup), width(std::min(kConvGroup, in.channels - first)) {
    for (std::int64_t c = 0; c < width; ++c) {
      for (std::int64_t k = 0; k < in.taps; ++k) weight[k][c] = in.weight[(first + c) * in.taps + k];
    }
  }
};

// The rows under the taps at one token. Rows before `tap` are zero and not there.
struct ConvRows {
  const float* row[kCausalConvMaximumTaps];
  std::int64_t tap;

  ConvRows(const CausalConvArguments<float>& in, const ConvGroup& group, std::int64_t sequence, std::int64_t t) {
    const std::int64_t kept = in.taps - 1, first = in.offsets[sequence],
                       missing = std::max<std::int64_t>(0, first + kept - t);
    tap = in.window ? 0 : missing;
    for (std::int64_t k = tap; k < in.taps; ++k) {
      const float* base = k < missing ? in.window + (sequence * kept + (t - first) + k) * in.channels
                                      : in.x + (t - kept + k) * in.channels;
      row[k] = base + group.first;
    }
  }
};

// bias + sum_k weight * x, for one vector of channels.
HWY_INLINE FloatVector ConvSum(FloatTag d, const CausalConvArguments<float>& in, const ConvGroup& group,
                               const ConvRows& rows, std::int64_t c, std::int64_t count) {
  auto sum = in.bias ? LoadUpTo(d, in.bias + group.first + c, count) : hn::Zero(d);
  for (std::int64_t k = rows.tap; k < in.taps; ++k) {
    sum = hn::MulAdd(LoadUpTo(d, group.weight[k] + c, count), LoadUpTo(d, rows.row[k] + c, count), sum);
  }
  return sum;
}

// Tokens [begin, end).
void CausalConvForwardRange(const CausalConvForward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const CausalConvArguments<float>& in = args.inputs;
  for (std::int64_t g = 0; g < conv_groups(in.channels); ++g) {
    const ConvGroup group(in, g);
    for (std::int64_t t = begin, sequence = conv_sequence_of(in, t); t < end; ++t) {
      if (t == in.offsets[sequence + 1]) ++sequence;
      const ConvRows rows(in, group, sequence, t);
      float* y = args.y + t * in.channels + group.first;
      ForEachVector(d, group.width, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
        auto sum = ConvSum(d, in, group, rows, c, count);
        if (in.f == Activation::silu) sum = hn::Mul(sum, Sigmoid(d, sum));
        StoreUpTo(d, sum, y + c, count);
      });
    }
  }
}

// The gradient of the sum before f at one token. Unless `partial` is null, also this token's share of the gradients
// of weight and bias, [taps + 1, channels].
void ConvSumGradient(const CausalConvBackward<float>& args, const ConvGroup& group, std::int64_t sequence,
                     std::int64_t t, float* dsum, float* partial) {
  const FloatTag d;
  const CausalConvArguments<float>& in = args.inputs;
  const ConvRows rows(in, group, sequence, t);
  const float* dy = args.dy + t * in.channels + group.first;
  ForEachVector(d, group.width, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
    auto gradient = LoadUpTo(d, dy + c, count);
    if (in.f == Activation::silu) {
      const auto sum = ConvSum(d, in, group, rows, c, count), open = Sigmoid(d, sum);
      const auto silu = hn::Mul(sum, open);
      gradient = hn::Mul(gradient, hn::Add(open, hn::NegMulAdd(silu, open, silu)));
    }
    StoreUpTo(d, gradient, dsum + c, count);
    if (!partial) return;
    for (std::int64_t k = rows.tap; k < in.taps; ++k) {
      float* to = partial + k * in.channels + c;
      StoreUpTo(d, hn::MulAdd(gradient, LoadUpTo(d, rows.row[k] + c, count), LoadUpTo(d, to, count)), to, count);
    }
    float* to = partial + in.taps * in.channels + c;
    StoreUpTo(d, hn::Add(gradient, LoadUpTo(d, to, count)), to, count);
  });
}

// The gradients of the sums at the tokens whose taps reach a row: token t is at slot t % taps.
struct ConvRing {
  float slot[kCausalConvMaximumTaps][kConvGroup];
};

// The gradient of row t of a sequence: an input of this call, or before the first token one of the window.
void ConvRowGradient(const CausalConvBackward<float>& args, const ConvGroup& group, std::int64_t sequence,
                     std::int64_t t, const ConvRing& ring) {
  const FloatTag d;
  const CausalConvArguments<float>& in = args.inputs;
  const std::int64_t kept = in.taps - 1, first = in.offsets[sequence], last = in.offsets[sequence + 1];
  if (t < first && !args.dwindow) return;
  float* to =
      t >= first ? args.dx + t * in.channels : args.dwindow + (sequence * kept + kept + t - first) * in.channels;
  const float* carried = args.dfinal_window && t >= last - kept
                             ? args.dfinal_window + (sequence * kept + kept + t - last) * in.channels + group.first
                             : nullptr;
  ForEachVector(d, group.width, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
    auto sum = carried ? LoadUpTo(d, carried + c, count) : hn::Zero(d);
    for (std::int64_t from = std::max(t, first); from < std::min(t + in.taps, last); ++from) {
      sum = hn::MulAdd(LoadUpTo(d, group.weight[kept + t - from] + c, count),
                       LoadUpTo(d, ring.slot[from % in.taps] + c, count), sum);
    }
    StoreUpTo(d, sum, to + group.first + c, count);
  });
}

// One piece of tokens of one group of channels, each sequence from its end to its beginning. The sums of the next
// taps - 1 tokens, which belong to the next piece, are computed here again.
void CausalConvBackwardTask(const CausalConvBackward<float>& args, std::int64_t task) {
  const CausalConvArguments<float>& in = args.inputs;
  const std::int64_t piece = task % kCausalConvPieces, tokens = in.tokens();
  const ConvGroup group(in, task / kCausalConvPieces);
  float* partial = args.partials + piece * (in.taps + 1) * in.channels + group.first;
  for (std::int64_t k = 0; k <= in.taps; ++k) std::fill_n(partial + k * in.channels, group.width, 0.0f);
  ConvRing ring;
  std::int64_t begin = tokens * piece / kCausalConvPieces;
  const std::int64_t end = tokens * (piece + 1) / kCausalConvPieces;
  while (begin < end) {
    const std::int64_t sequence = conv_sequence_of(in, begin), first = in.offsets[sequence];
    const std::int64_t last = in.offsets[sequence + 1], stop = std::min(end, last);
    for (std::int64_t t = std::min(stop + in.taps - 1, last) - 1; t >= begin; --t) {
      ConvSumGradient(args, group, sequence, t, ring.slot[t % in.taps], t < stop ? partial : nullptr);
      if (t < stop) ConvRowGradient(args, group, sequence, t, ring);
    }
    for (std::int64_t t = first - 1; begin == first && t > first - in.taps; --t) {
      ConvRowGradient(args, group, sequence, t, ring);
    }
    begin = stop;
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {
namespace {

void store_final_window(const CausalConvForward<float>& args) {
  const CausalConvArguments<float>& in = args.inputs;
  const std::int64_t kept = in.taps - 1;
  float* to = args.final_window;
  for (std::int64_t i = 0; i < in.sequences; ++i) {
    const std::int64_t first = in.offsets[i];
    for (std::int64_t t = in.offsets[i + 1] - kept; t < in.offsets[i + 1]; ++t, to += in.channels) {
      if (t >= first) {
        std::copy_n(in.x + t * in.channels, in.channels, to);
      } else if (in.window) {
        std::copy_n(in.window + (i * kept + kept + t - first) * in.channels, in.channels, to);
      } else {
        std::fill_n(to, in.channels, 0.0f);
      }
    }
  }
}

}  // namespace

HWY_EXPORT(CausalConvForwardRange);
HWY_EXPORT(CausalConvBackwardTask);

void causal_conv(Cpu, const CausalConvForward<float>& args) {
  const CausalConvArguments<float>& in = args.inputs;
  const std::int64_t grain = std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(in.channels, 1));
  parallel_for(0, in.tokens(), grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(CausalConvForwardRange)(args, begin, end);
  });
  if (args.final_window) store_final_window(args);
}

void causal_conv(Cpu, const CausalConvBackward<float>& args) {
  const CausalConvArguments<float>& in = args.inputs;
  parallel_tasks(kCausalConvPieces * conv_groups(in.channels), [&](std::int64_t task) {
    HWY_DYNAMIC_DISPATCH(CausalConvBackwardTask)(args, task);
  });
  const float* partial = args.partials;
  for (std::int64_t piece = 0; piece < kCausalConvPieces; ++piece) {
    for (std::int64_t k = 0; k < in.taps; ++k, partial += in.channels) {
      for (std::int64_t c = 0; args.dweight && c < in.channels; ++c) args.dweight[c * in.taps + k] += partial[c];
    }
    for (std::int64_t c = 0; args.dbias && c < in.channels; ++c) args.dbias[c] += partial[c];
    partial += in.channels;
  }
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
