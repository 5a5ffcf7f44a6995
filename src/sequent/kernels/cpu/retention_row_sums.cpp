#include "sequent/kernels/retention_row_sums.h"

#include <algorithm>
#include <cmath>

#include "sequent/kernels/cpu/attention_schedule.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/retention_row_sums.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/tile_product-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {
namespace {

constexpr std::int64_t kTile = kRetentionRowSumsTile;

// Rows [first, first + rows) of one head against the columns of their sequence, which begins at `begin`. Rows lie in
// vector lanes, so that no sum goes across lanes. powers[kTile + i] = exp(rate i), 0 for i < 0.
void SumsOfRows(const RetentionRowSums<float>& args, std::int64_t head, std::int64_t begin, std::int64_t first,
                std::int64_t rows, const float* powers, float* scratch) {
  const FloatTag d;
  const std::int64_t stride = args.heads * args.width;
  const float* q = args.q + first * stride + head * args.width;
  float* columns = scratch;                        // [width, kTile]: q transposed
  float* products = scratch + args.width * kTile;  // [kTile, kTile]: a row of products per column m
  std::fill_n(columns, args.width * kTile, 0.0f);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t c = 0; c < args.width; ++c) columns[c * kTile + i] = q[i * stride + c];
  }
  HWY_ALIGN float sums[kTile] = {};
  for (std::int64_t m = begin; m < first + rows; m += kTile) {
    const std::int64_t count = std::min(kTile, first + rows - m);
    MultiplyTile({.a = args.k + m * stride + head * args.width,
                  .a_row = stride,
                  .a_column = 1,
                  .b = columns,
                  .b_row = kTile,
                  .c = products,
                  .c_row = kTile,
                  .rows = count,
                  .columns = kTile,
                  .inner = args.width,
                  .add = false});
    for (std::int64_t j = 0; j < count; ++j) {
      // Row i is first + i - (m + j) tokens later: from the first row's distance on where that is positive, otherwise
      // along the table, which is zero for columns that are still to come.
      const std::int64_t distance = first - (m + j);
      const double decay =
          std::exp(static_cast<double>(args.rate[head]) * static_cast<double>(std::max<std::int64_t>(distance, 0)));
      const auto factor = hn::Set(d, static_cast<float>(decay));
      const float* power = powers + kTile + std::min<std::int64_t>(distance, 0);
      const float* product = products + j * kTile;
      ForEachVector(d, kTile, [&](std::int64_t i, std::int64_t) HWY_ATTR {
        const auto weight = hn::Mul(factor, hn::LoadU(d, power + i));
        hn::Store(hn::MulAdd(weight, hn::Abs(hn::Load(d, product + i)), hn::Load(d, sums + i)), d, sums + i);
      });
    }
  }
  for (std::int64_t i = 0; i < rows; ++i) args.sums[(first + i) * args.heads + head] = sums[i];
}

}  // namespace

// One head of one tile of the packed tokens, which may be in several sequences.
void RetentionRowSumsTile(const RetentionRowSums<float>& args, std::int64_t head, std::int64_t tile, float* scratch) {
  HWY_ALIGN float powers[2 * kTile] = {};
  for (std::int64_t i = 0; i < kTile; ++i) {
    powers[kTile + i] = static_cast<float>(std::exp(static_cast<double>(args.rate[head]) * static_cast<double>(i)));
  }
  const std::int64_t end = std::min((tile + 1) * kTile, args.tokens());
  const std::int64_t* next = std::upper_bound(args.offsets, args.offsets + args.sequences + 1, tile * kTile);
  for (std::int64_t from = tile * kTile; from < end; ++next) {
    const std::int64_t to = std::min(end, *next);
    if (to > from) SumsOfRows(args, head, next[-1], from, to - from, powers, scratch);
    from = to;
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

HWY_EXPORT(RetentionRowSumsTile);

void retention_row_sums(Cpu, const RetentionRowSums<float>& args) {
  // The last tiles of a sequence have the most columns: first, so that no thread ends with a long one alone.
  const std::int64_t tiles = tiles_of(args.tokens(), kRetentionRowSumsTile);
  run_with_scratch(tiles * args.heads, args.workers, args.scratch, retention_row_sums_scratch(args.width),
                   [&](std::int64_t task, float* scratch) {
                     HWY_DYNAMIC_DISPATCH(RetentionRowSumsTile)
                     (args, task % args.heads, tiles - 1 - task / args.heads, scratch);
                   });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
