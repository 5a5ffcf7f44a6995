#include "sequent/kernels/dropout.h"

#include <algorithm>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/dropout.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// Elements [begin, end), begin a multiple of 4.
void DropoutRange(const Dropout<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const auto threshold = hn::Set(WordTag(), static_cast<std::uint32_t>(static_cast<double>(args.rate) * 0x1p32));
  const auto factor = hn::Set(d, 1.0f / (1.0f - args.rate));
  ForEachRandomVector(args.seed, args.stream, begin, end,
                      [&](std::int64_t i, std::int64_t count, WordVector words) HWY_ATTR {
                        const auto drop = hn::RebindMask(d, hn::Lt(words, threshold));
                        const auto kept = hn::Mul(LoadUpTo(d, args.x + i, count), factor);
                        StoreUpTo(d, hn::IfThenZeroElse(drop, kept), args.y + i, count);
                      });
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

HWY_EXPORT(DropoutRange);

void dropout(Cpu, const Dropout<float>& args) {
  // Below this many groups of four a second thread costs more than it saves.
  constexpr std::int64_t kGrain = 2048;
  parallel_for(0, (args.count + 3) / 4, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(DropoutRange)(args, 4 * begin, std::min(4 * end, args.count));
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
