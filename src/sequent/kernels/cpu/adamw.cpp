#include "sequent/kernels/adamw.h"

#include <cmath>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/adamw.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

void AdamWRange(const AdamW<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const auto beta1 = hn::Set(d, args.beta1), rest1 = hn::Set(d, 1.0f - args.beta1);
  const auto beta2 = hn::Set(d, args.beta2), rest2 = hn::Set(d, 1.0f - args.beta2);
  const auto gradient_scale = hn::Set(d, args.gradient_scale), epsilon = hn::Set(d, args.epsilon);
  const auto keep = hn::Set(d, 1.0f - args.learning_rate * args.weight_decay);
  const auto rate = hn::Set(d, args.learning_rate / args.correction1);
  const auto root_scale = hn::Set(d, 1.0f / std::sqrt(args.correction2));
  ForEachVector(d, end - begin, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const std::int64_t at = begin + i;
    const auto g = hn::Mul(LoadUpTo(d, args.gradients + at, count), gradient_scale);
    const auto mean = hn::MulAdd(beta1, LoadUpTo(d, args.mean + at, count), hn::Mul(rest1, g));
    const auto mean_square =
        hn::MulAdd(beta2, LoadUpTo(d, args.mean_square + at, count), hn::Mul(hn::Mul(rest2, g), g));
    const auto root = hn::MulAdd(hn::Sqrt(mean_square), root_scale, epsilon);
    const auto kept = hn::Mul(LoadUpTo(d, args.values + at, count), keep);
    StoreUpTo(d, mean, args.mean + at, count);
    StoreUpTo(d, mean_square, args.mean_square + at, count);
    StoreUpTo(d, hn::NegMulAdd(rate, hn::Div(mean, root), kept), args.values + at, count);
  });
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

HWY_EXPORT(AdamWRange);

void adamw(Cpu, const AdamW<float>& args) {
  // Below this many elements a second thread costs more than it saves.
  constexpr std::int64_t kGrain = 8192;
  parallel_for(0, args.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(AdamWRange)(args, begin, end);
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
