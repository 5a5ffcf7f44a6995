#include "sequent/kernels/embedding.h"

#include <algorithm>
#include <cstring>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/embedding.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// Columns [begin, end) of every token's gradient. A token that occurs twice is added in the order of tokens.
void EmbeddingBackwardColumns(const EmbeddingBackward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  for (std::int64_t t = 0; t < args.tokens; ++t) {
    const float* dy = args.dy + t * args.width + begin;
    float* row = args.dtable + args.ids[t] * args.width + begin;
    ForEachVector(d, end - begin, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
      StoreUpTo(d, hn::Add(LoadUpTo(d, row + c, count), LoadUpTo(d, dy + c, count)), row + c, count);
    });
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

HWY_EXPORT(EmbeddingBackwardColumns);

void embedding(Cpu, const EmbeddingForward<float>& args) {
  if (args.width == 0) return;
  parallel_for(0, args.tokens, std::max<std::int64_t>(1, kGrain / args.width),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t t = begin; t < end; ++t) {
                   std::memcpy(args.y + t * args.width, args.table + args.ids[t] * args.width,
                               static_cast<std::size_t>(args.width) * sizeof(float));
                 }
               });
}

void embedding(Cpu, const EmbeddingBackward<float>& args) {
  // Threads share the columns, not the tokens: no two of them ever add to the same element.
  constexpr std::int64_t kLine = 16;
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / (kLine * std::max<std::int64_t>(args.tokens, 1)));
  parallel_for(0, (args.width + kLine - 1) / kLine, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(EmbeddingBackwardColumns)(args, begin * kLine, std::min(end * kLine, args.width));
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
