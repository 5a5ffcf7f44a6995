// The relative bias of attention within a tile: scores of one distance lie on a diagonal. Compiled once per SIMD
// target, so no ordinary include guard.
#if defined(SEQUENT_KERNELS_CPU_ATTENTION_BIAS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEQUENT_KERNELS_CPU_ATTENTION_BIAS_INL_H_
#undef SEQUENT_KERNELS_CPU_ATTENTION_BIAS_INL_H_
#else
#define SEQUENT_KERNELS_CPU_ATTENTION_BIAS_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/attention_tile-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// One number for each distance of a step: that of key row j and column i at [kKeyTile - 1 - j + i]. Neighbouring
// columns lie side by side. The last entries only fill up a vector.
constexpr std::int64_t kDistances = kKeyTile + kQueryTile + HWY_MAX_BYTES / sizeof(float);

// Distance, key position minus query position, of key row 0 and column 0 of a step.
HWY_INLINE std::int64_t FirstDistance(const QueryTile& tile, const TileStep& step) {
  return step.key - tile.first_position - step.column;
}

// Adds the bias of `head`, in units of log 2, to the scores of a step.
template <class Args>
HWY_INLINE void AddBias(const Args& args, const QueryTile& tile, const TileStep& step, std::int64_t head,
                        float* scores) {
  const FloatTag d;
  HWY_ALIGN float of_distance[kDistances];
  const std::int64_t first = FirstDistance(tile, step);
  for (std::int64_t at = kKeyTile - step.keys; at < kKeyTile + step.columns - 1; ++at) {
    of_distance[at] = kLogTwoOfE * attention_bias(args, head, first + kKeyTile - 1 - at);
  }
  for (std::int64_t j = 0; j < step.keys; ++j) {
    float* row = scores + j * kQueryTile + step.column;
    const float* bias = of_distance + kKeyTile - 1 - j;
    for (std::int64_t lane = 0; lane < step.columns; lane += LanesOf(d)) {
      hn::Store(hn::Add(hn::Load(d, row + lane), hn::LoadU(d, bias + lane)), d, row + lane);
    }
  }
}

// Adds the sums of a step's score gradients over each distance to gradient[clamped distance + span]. Vectors whose
// distances are the same are summed in a register: rows j, j + lanes, ... with columns as far on.
template <class Args>
HWY_INLINE void SumDistances(const Args& args, const QueryTile& tile, const TileStep& step, const float* score_gradient,
                             float* gradient) {
  const FloatTag d;
  const std::int64_t lanes = LanesOf(d);
  HWY_ALIGN float of_distance[kDistances] = {};
  const std::int64_t vectors = step.columns / lanes;
  for (std::int64_t row = 0; row < std::min(lanes, step.keys); ++row) {
    const std::int64_t rows = (step.keys - row + lanes - 1) / lanes;
    for (std::int64_t shift = 1 - rows; shift < vectors; ++shift) {
      auto sum = hn::Zero(d);
      for (std::int64_t m = std::max<std::int64_t>(0, -shift); m < std::min(rows, vectors - shift); ++m) {
        const float* from = score_gradient + (row + m * lanes) * kQueryTile + step.column + (shift + m) * lanes;
        sum = hn::Add(sum, hn::Load(d, from));
      }
      float* to = of_distance + kKeyTile - 1 - row + shift * lanes;
      hn::StoreU(hn::Add(hn::LoadU(d, to), sum), d, to);
    }
  }
  const std::int64_t first = FirstDistance(tile, step);
  for (std::int64_t at = kKeyTile - step.keys; at < kKeyTile + step.columns - 1; ++at) {
    gradient[std::clamp(first + kKeyTile - 1 - at, -args.bias_span, args.bias_span) + args.bias_span] +=
        of_distance[at];
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
