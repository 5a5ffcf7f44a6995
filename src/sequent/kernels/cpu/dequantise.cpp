#include <algorithm>
#include <cstring>

#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/quantisation.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/dequantise.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/stored_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// Values [begin, end), both multiples of the type's block or the end of all.
void DequantiseRange(const Dequantise& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  WithStored(args.type, [&](auto stored) HWY_ATTR {
    using Stored = decltype(stored);
    const auto* bytes = static_cast<const std::uint8_t*>(args.from) + begin / Stored::kValues * Stored::kBytes;
    float* to = args.to + begin;
    std::int64_t left = end - begin;
    for (; left >= Stored::kValues; left -= Stored::kValues, bytes += Stored::kBytes, to += Stored::kValues) {
      Stored::Decode(d, bytes, [&](std::int64_t i, FloatVector v) HWY_ATTR { hn::StoreU(v, d, to + i); });
    }
    if (left == 0) return;
    WithFilledBlock<Stored>(bytes, left, [&](const std::uint8_t* block) HWY_ATTR {
      Stored::Decode(d, block, [&](std::int64_t i, FloatVector v) HWY_ATTR {
        if (i < left) StoreUpTo(d, v, to + i, left - i);
      });
    });
  });
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace sequent::kernels {

HWY_EXPORT(DequantiseRange);

void dequantise(Cpu, const Dequantise& args) {
  const std::int64_t block = block_of(args.type).elements;
  check(args.count % block == 0, "dequantise: {} comes in blocks of {} values, got {}", name_of(args.type), block,
        args.count);
  // Cut between blocks, those of the plain types included.
  constexpr std::int64_t kUnit = 256, kGrain = 256;
  parallel_for(0, (args.count + kUnit - 1) / kUnit, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(DequantiseRange)(args, begin * kUnit, std::min(end * kUnit, args.count));
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
