#include "sequent/kernels/norm.h"

#include <algorithm>
#include <array>

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/norm.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// Squares are taken and added in double, so that neither large nor small gradients leave the range of a float.
double SumOfSquaresRange(const float* x, std::int64_t begin, std::int64_t end) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> narrow;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto load = [&](std::int64_t i) HWY_ATTR { return hn::PromoteTo(d, hn::LoadU(narrow, x + i)); };
  auto s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
  std::int64_t i = begin;
  for (; i + 4 * lanes <= end; i += 4 * lanes) {
    const auto x0 = load(i), x1 = load(i + lanes), x2 = load(i + 2 * lanes), x3 = load(i + 3 * lanes);
    s0 = hn::MulAdd(x0, x0, s0);
    s1 = hn::MulAdd(x1, x1, s1);
    s2 = hn::MulAdd(x2, x2, s2);
    s3 = hn::MulAdd(x3, x3, s3);
  }
  double sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < end; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

std::int64_t FirstNonFiniteRange(const float* x, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  const std::int64_t lanes = LanesOf(d);
  for (std::int64_t i = begin; i < end; i += lanes) {
    // Lanes beyond the end are zero, so finite.
    const auto first = hn::FindFirstTrue(d, hn::Not(hn::IsFinite(LoadUpTo(d, x + i, end - i))));
    if (first >= 0) return i + static_cast<std::int64_t>(first);
  }
  return -1;
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

namespace {

// Arrays are cut into this many pieces, whatever the number of threads; short ones stay whole.
constexpr std::int64_t kPieces = 64;
constexpr std::int64_t kShort = 32768;

template <class Result, class Piece>
std::array<Result, kPieces> by_pieces(std::int64_t count, Result nothing, Piece&& piece) {
  std::array<Result, kPieces> results;
  results.fill(nothing);
  if (count <= kShort) {
    results[0] = piece(0, count);
  } else {
    parallel_tasks(kPieces, [&](std::int64_t i) {
      results[static_cast<std::size_t>(i)] = piece(count * i / kPieces, count * (i + 1) / kPieces);
    });
  }
  return results;
}

}  // namespace

HWY_EXPORT(SumOfSquaresRange);
HWY_EXPORT(FirstNonFiniteRange);

double sum_of_squares(Cpu, const float* x, std::int64_t count) {
  double sum = 0;
  for (const double part : by_pieces(count, 0.0, [&](std::int64_t begin, std::int64_t end) {
         return HWY_DYNAMIC_DISPATCH(SumOfSquaresRange)(x, begin, end);
       })) {
    sum += part;
  }
  return sum;
}

std::int64_t first_non_finite(Cpu, const float* x, std::int64_t count) {
  const auto firsts = by_pieces(count, std::int64_t{-1}, [&](std::int64_t begin, std::int64_t end) {
    return HWY_DYNAMIC_DISPATCH(FirstNonFiniteRange)(x, begin, end);
  });
  const auto found = std::ranges::find_if(firsts, [](std::int64_t at) { return at >= 0; });
  return found == firsts.end() ? -1 : *found;
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
