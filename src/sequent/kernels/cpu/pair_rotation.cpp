#include "sequent/kernels/pair_rotation.h"

#include <algorithm>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/pair_rotation.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {
namespace {

// One head. Width is even and so is the number of lanes (but on a target of one lane): pairs never part.
template <bool kTranspose>
HWY_INLINE void TurnHead(const float* x, float* y, const float* cosines, const float* sines, std::int64_t width) {
  const FloatTag d;
  if (LanesOf(d) == 1) {
    for (std::int64_t j = 0; j < width; j += 2) {
      const float first = x[j], second = x[j + 1];
      y[j] = first * cosines[j] + second * (kTranspose ? sines[j + 1] : -sines[j]);
      y[j + 1] = second * cosines[j + 1] + first * (kTranspose ? -sines[j] : sines[j + 1]);
    }
    return;
  }
  ForEachVector(d, width, [&](std::int64_t j, std::int64_t count) HWY_ATTR {
    const auto values = LoadUpTo(d, x + j, count);
    const auto sine = LoadUpTo(d, sines + j, count);
    const auto signed_sine = hn::OddEven(sine, hn::Neg(sine));
    const auto crossed =
        kTranspose ? hn::Reverse2(d, hn::Mul(values, signed_sine)) : hn::Mul(hn::Reverse2(d, values), signed_sine);
    StoreUpTo(d, hn::MulAdd(values, LoadUpTo(d, cosines + j, count), crossed), y + j, count);
  });
}

}  // namespace

void PairRotationTokens(const PairRotation<float>& args, std::int64_t begin, std::int64_t end) {
  for (std::int64_t t = begin; t < end; ++t) {
    const float* cosines = args.cosines + t * args.width;
    const float* sines = args.sines + t * args.width;
    for (std::int64_t head = 0; head < args.heads; ++head) {
      const std::int64_t at = (t * args.heads + head) * args.width;
      if (args.transpose) {
        TurnHead<true>(args.x + at, args.y + at, cosines, sines, args.width);
      } else {
        TurnHead<false>(args.x + at, args.y + at, cosines, sines, args.width);
      }
    }
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

namespace {
// Below this many elements a second thread costs more than it saves.
constexpr std::int64_t kGrain = 16384;
}  // namespace

HWY_EXPORT(PairRotationTokens);

void pair_rotation(Cpu, const PairRotation<float>& args) {
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(args.heads * args.width, 1));
  parallel_for(0, args.tokens, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(PairRotationTokens)(args, begin, end);
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
