#include "sequent/kernels/dropout.h"

#include <algorithm>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/dropout.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

using WordTag = hn::ScalableTag<std::uint32_t>;
using WordVector = hn::Vec<WordTag>;

// factor * x in 64 bits, lane by lane, as its low and high words.
struct WideProduct {
  WordVector low;
  WordVector high;
};

HWY_INLINE WideProduct Multiply(WordTag d, WordVector x, std::uint32_t factor) {
#if HWY_TARGET == HWY_SCALAR
  const std::uint64_t product = std::uint64_t{hn::GetLane(x)} * factor;
  return {hn::Set(d, static_cast<std::uint32_t>(product)), hn::Set(d, static_cast<std::uint32_t>(product >> 32))};
#else
  const hn::RepartitionToWide<WordTag> wide;
  const auto factors = hn::Set(d, factor);
  const auto even = hn::MulEven(x, factors);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, x))), factors);
  return {hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even)),
          hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)))};
#endif
}

// Philox4x32-10 at the counters counter, counter + 1, ..., one to a lane; see base/random.h.
HWY_INLINE void PhiloxWords(const Dropout<float>& args, std::uint64_t counter, WordVector words[4]) {
  const WordTag d;
  const auto low = hn::Set(d, static_cast<std::uint32_t>(counter));
  auto c0 = hn::Add(low, hn::Iota(d, 0));
  const auto carry = hn::IfThenElseZero(hn::Lt(c0, low), hn::Set(d, 1u));
  auto c1 = hn::Add(hn::Set(d, static_cast<std::uint32_t>(counter >> 32)), carry);
  auto c2 = hn::Set(d, static_cast<std::uint32_t>(args.stream));
  auto c3 = hn::Set(d, static_cast<std::uint32_t>(args.stream >> 32));
  auto key0 = static_cast<std::uint32_t>(args.seed);
  auto key1 = static_cast<std::uint32_t>(args.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const WideProduct p0 = Multiply(d, c0, 0xD2511F53u);
    const WideProduct p1 = Multiply(d, c2, 0xCD9E8D57u);
    c0 = hn::Xor(hn::Xor(p1.high, c1), hn::Set(d, key0));
    c2 = hn::Xor(hn::Xor(p0.high, c3), hn::Set(d, key1));
    c1 = p1.low;
    c3 = p0.low;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

// Elements [begin, end), begin a multiple of 4.
void DropoutRange(const Dropout<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const WordTag dw;
  const std::int64_t lanes = LanesOf(d);
  const auto threshold = hn::Set(dw, static_cast<std::uint32_t>(static_cast<double>(args.rate) * 0x1p32));
  const auto factor = hn::Set(d, 1.0f / (1.0f - args.rate));
  HWY_ALIGN std::uint32_t drawn[4 * HWY_MAX_BYTES / sizeof(std::uint32_t)];
  for (std::int64_t i = begin; i < end; i += 4 * lanes) {
    WordVector words[4];
    PhiloxWords(args, static_cast<std::uint64_t>(i / 4), words);
    hn::StoreInterleaved4(words[0], words[1], words[2], words[3], dw, drawn);
    ForEachVector(d, std::min(4 * lanes, end - i), [&](std::int64_t j, std::int64_t count) HWY_ATTR {
      const auto drop = hn::RebindMask(d, hn::Lt(hn::Load(dw, drawn + j), threshold));
      const auto kept = hn::Mul(LoadUpTo(d, args.x + i + j, count), factor);
      StoreUpTo(d, hn::IfThenZeroElse(drop, kept), args.y + i + j, count);
    });
  }
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
