#include "sequent/kernels/jitter.h"

#include <algorithm>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/jitter.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// Elements [begin, end), begin a multiple of 4.
void JitterRange(const Jitter<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const hn::RebindToSigned<FloatTag> di;
  const auto lowest = hn::Set(d, 1.0f - args.size);
  const auto step = hn::Set(d, 2.0f * args.size / static_cast<float>(1 << 24));
  ForEachRandomVector(args.seed, args.stream, begin, end,
                      [&](std::int64_t i, std::int64_t count, WordVector words) HWY_ATTR {
                        const auto u = hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<8>(words)));
                        const auto factor = hn::MulAdd(u, step, lowest);
                        StoreUpTo(d, hn::Mul(LoadUpTo(d, args.x + i, count), factor), args.y + i, count);
                      });
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

HWY_EXPORT(JitterRange);

void jitter(Cpu, const Jitter<float>& args) {
  // Below this many groups of four a second thread costs more than it saves.
  constexpr std::int64_t kGrain = 2048;
  parallel_for(0, (args.count + 3) / 4, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(JitterRange)(args, 4 * begin, std::min(4 * end, args.count));
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
