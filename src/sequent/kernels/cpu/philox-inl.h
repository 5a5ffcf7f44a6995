// Random words, one counter to a lane; compiled once per SIMD target, so no ordinary include guard.
#if defined(SEQUENT_KERNELS_CPU_PHILOX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_PHILOX_INL_H_
#undef SEQUENT_KERNELS_CPU_PHILOX_INL_H_
#else
#define SEQUENT_KERNELS_CPU_PHILOX_INL_H_
#endif

#include <algorithm>

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
HWY_INLINE void PhiloxWords(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter, WordVector words[4]) {
  const WordTag d;
  const auto low = hn::Set(d, static_cast<std::uint32_t>(counter));
  auto c0 = hn::Add(low, hn::Iota(d, 0));
  const auto carry = hn::IfThenElseZero(hn::Lt(c0, low), hn::Set(d, 1u));
  auto c1 = hn::Add(hn::Set(d, static_cast<std::uint32_t>(counter >> 32)), carry);
  auto c2 = hn::Set(d, static_cast<std::uint32_t>(stream));
  auto c3 = hn::Set(d, static_cast<std::uint32_t>(stream >> 32));
  auto key0 = static_cast<std::uint32_t>(seed);
  auto key1 = static_cast<std::uint32_t>(seed >> 32);
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

// Calls body(i, count, words) for the elements [begin, end), a vector or the rest of one at a time: words are
// Random(seed, stream).words(j / 4)[j % 4] for j = i, i + 1, ... `begin` is a multiple of 4.
template <class Body>
HWY_INLINE void ForEachRandomVector(std::uint64_t seed, std::uint64_t stream, std::int64_t begin, std::int64_t end,
                                    const Body& body) {
  const WordTag d;
  const std::int64_t lanes = LanesOf(FloatTag());
  HWY_ALIGN std::uint32_t drawn[4 * HWY_MAX_BYTES / sizeof(std::uint32_t)];
  for (std::int64_t i = begin; i < end; i += 4 * lanes) {
    WordVector words[4];
    PhiloxWords(seed, stream, static_cast<std::uint64_t>(i / 4), words);
    hn::StoreInterleaved4(words[0], words[1], words[2], words[3], d, drawn);
    ForEachVector(FloatTag(), std::min(4 * lanes, end - i),
                  [&](std::int64_t j, std::int64_t count) HWY_ATTR { body(i + j, count, hn::Load(d, drawn + j)); });
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
