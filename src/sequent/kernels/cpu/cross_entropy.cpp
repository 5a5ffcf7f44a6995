#include "sequent/kernels/cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/cross_entropy.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/softmax-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

void CrossEntropyRows(const CrossEntropy<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  for (std::int64_t r = begin; r < end; ++r) {
    const float* logits = args.logits + r * args.columns;
    float* dlogits = args.dlogits ? args.dlogits + r * args.columns : nullptr;
    const std::int64_t target = args.targets[r];
    if (target < 0) {
      args.losses[r] = 0;
      if (dlogits) std::fill_n(dlogits, args.columns, 0.0f);
      continue;
    }
    const float maximum = RowMaximum(d, logits, args.columns);
    // Read before dlogits, which may be the same memory, is written. The difference of close numbers is exact.
    const float distance = logits[target] - maximum;
    const float sum = SumOfExponentials(d, logits, maximum, dlogits, args.columns);
    args.losses[r] = std::log(sum) - distance;
    if (!dlogits) continue;
    const auto factor = hn::Set(d, args.scale / sum);
    ForEachVector(d, args.columns, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
      StoreUpTo(d, hn::Mul(LoadUpTo(d, dlogits + c, count), factor), dlogits + c, count);
    });
    dlogits[target] -= args.scale;
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

HWY_EXPORT(CrossEntropyRows);

void cross_entropy(Cpu, const CrossEntropy<float>& args) {
  // Below this many elements a second thread costs more than it saves.
  constexpr std::int64_t kGrain = 8192;
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(args.columns, 1));
  parallel_for(0, args.rows, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(CrossEntropyRows)(args, begin, end);
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
