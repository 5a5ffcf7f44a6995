#include "sequent/kernels/elementwise.h"

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/elementwise.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

void AddRange(const Add<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  ForEachVector(d, end - begin, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const std::int64_t at = begin + i;
    StoreUpTo(d, hn::Add(LoadUpTo(d, args.a + at, count), LoadUpTo(d, args.b + at, count)), args.y + at, count);
  });
}

void ScaleRange(const Scale<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const auto factor = hn::Set(d, args.factor);
  ForEachVector(d, end - begin, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    StoreUpTo(d, hn::Mul(LoadUpTo(d, args.x + begin + i, count), factor), args.y + begin + i, count);
  });
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

namespace {
// Below this many elements a second thread costs more than it saves.
constexpr std::int64_t kGrain = 16384;
}  // namespace

HWY_EXPORT(AddRange);
HWY_EXPORT(ScaleRange);

void add(Cpu, const Add<float>& args) {
  parallel_for(0, args.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(AddRange)(args, begin, end);
  });
}

void scale(Cpu, const Scale<float>& args) {
  parallel_for(0, args.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(ScaleRange)(args, begin, end);
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
