#include "sequent/kernels/matrix_product.h"

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <cmath>

#include "sequent/base/error.h"
#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/matrix_product.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/packed_product-inl.h"
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// c[i, j .. j + kColumns) for all kRows rows of a, with b stored [columns, inner]. Every element is one chain of
// multiply-adds over `inner`, whatever the block it falls in, so that cuts between threads do not change it.
template <int kRows, int kColumns>
HWY_INLINE void DotBlock(const MatrixProduct<float>& args, std::int64_t j) {
  const FloatTag d;
  FloatVector sums[kRows][kColumns];
  for (auto& row : sums) {
    for (FloatVector& sum : row) sum = hn::Zero(d);
  }
  ForEachVector(d, args.inner, [&](std::int64_t k, std::int64_t count) HWY_ATTR {
    FloatVector a[kRows];
    for (int r = 0; r < kRows; ++r) a[r] = LoadUpTo(d, args.a + r * args.a_stride + k, count);
    for (int s = 0; s < kColumns; ++s) {
      const auto b = LoadUpTo(d, args.b + (j + s) * args.b_stride + k, count);
      for (int r = 0; r < kRows; ++r) sums[r][s] = hn::MulAdd(a[r], b, sums[r][s]);
    }
  });
  for (int r = 0; r < kRows; ++r) {
    for (int s = 0; s < kColumns; ++s) {
      float& c = args.c[r * args.c_stride + j + s];
      const float product = args.alpha * SumOf(d, sums[r][s]);
      c = args.beta == 0 ? product : product + args.beta * c;
    }
  }
}

template <int kRows, int kColumns>
HWY_INLINE void DotColumns(const MatrixProduct<float>& args, std::int64_t begin, std::int64_t end) {
  std::int64_t j = begin;
  for (; j + kColumns <= end; j += kColumns) DotBlock<kRows, kColumns>(args, j);
  for (; j < end; ++j) DotBlock<kRows, 1>(args, j);
}

// The product with one row of a, or two, ... or four. Eight sums hide the latency of a multiply-add; many more leave
// the registers.
HWY_INLINE void DotRows(const MatrixProduct<float>& args, std::int64_t begin, std::int64_t end) {
  switch (args.rows) {
    case 1:
      return DotColumns<1, 8>(args, begin, end);
    case 2:
      return DotColumns<2, 4>(args, begin, end);
    case 3:
      return DotColumns<3, 4>(args, begin, end);
    default:
      return DotColumns<4, 2>(args, begin, end);
  }
}

// Columns [begin, end) of a product with few rows: four rows at a time, over columns of weights that stay in the cache.
void FewRowsColumns(const MatrixProduct<float>& args, std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t kColumns = 64, kRows = 4;
  for (std::int64_t j = begin; j < end; j += kColumns) {
    for (std::int64_t row = 0; row < args.rows; row += kRows) {
      MatrixProduct<float> part = args;
      part.a += row * args.a_stride;
      part.c += row * args.c_stride;
      part.rows = std::min(kRows, args.rows - row);
      DotRows(part, j, std::min(j + kColumns, end));
    }
  }
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace sequent::kernels {

HWY_EXPORT(FewRowsColumns);
HWY_EXPORT(MultiplyPacked);

namespace {

// With so few rows (a step of decoding) a product only reads the weights once, and copies of them would cost more
// than the product.
constexpr std::int64_t kFewRows = 8;
// Multiply-adds below which a second thread costs more than it saves.
constexpr std::int64_t kGrain = 65536;

MatrixProduct<float> with_strides(MatrixProduct<float> args) {
  if (args.a_stride == 0) args.a_stride = args.transpose_a ? args.rows : args.inner;
  if (args.b_stride == 0) args.b_stride = args.transpose_b ? args.inner : args.columns;
  if (args.c_stride == 0) args.c_stride = args.columns;
  return args;
}

// alpha times an empty sum, plus beta C.
void scale_only(const MatrixProduct<float>& args) {
  for (std::int64_t i = 0; i < args.rows; ++i) {
    float* row = args.c + i * args.c_stride;
    for (std::int64_t j = 0; j < args.columns; ++j) row[j] = args.beta == 0 ? 0.0f : args.beta * row[j];
  }
}

MatrixProduct<float> rows_of(MatrixProduct<float> args, std::int64_t begin, std::int64_t end) {
  args.a += begin * (args.transpose_a ? 1 : args.a_stride);
  args.c += begin * args.c_stride;
  args.rows = end - begin;
  return args;
}

MatrixProduct<float> columns_of(MatrixProduct<float> args, std::int64_t begin, std::int64_t end) {
  args.b += begin * (args.transpose_b ? args.b_stride : 1);
  args.c += begin;
  args.columns = end - begin;
  return args;
}

void packed_product(const MatrixProduct<float>& args) {
  thread_local const auto scratch = hwy::AllocateAligned<float>(kPackedProductScratch);
  check(scratch != nullptr, "matrix_product: no memory for its blocks, {} bytes",
        kPackedProductScratch * static_cast<std::int64_t>(sizeof(float)));
  if (args.beta != 0 && args.beta != 1) scale_only(args);
  HWY_DYNAMIC_DISPATCH(MultiplyPacked)(args, scratch.get());
}

// C cut into pieces, `down` times `across`.
struct Grid {
  std::int64_t down;
  std::int64_t across;
};

// One piece a thread, cut so that the least is copied: every piece copies its rows of A and its columns of B.
Grid grid_of(const MatrixProduct<float>& args, std::int64_t most_pieces) {
  const std::int64_t most_down = std::min(most_pieces, (args.rows + kRowBlock - 1) / kRowBlock);
  const auto copied = [&](const Grid& g) { return g.down * args.columns + g.across * args.rows; };
  Grid best{1, 1};
  for (std::int64_t down = 1; down <= most_down; ++down) {
    const Grid g{down, std::min(most_pieces / down, (args.columns + kRowBlock - 1) / kRowBlock)};
    const std::int64_t pieces = g.down * g.across, most = best.down * best.across;
    if (pieces > most || (pieces == most && copied(g) < copied(best))) best = g;
  }
  return best;
}

void shared_product(const MatrixProduct<float>& args) {
  // Multiply-adds below which a second thread costs more than it saves.
  constexpr double kLeastWork = 1 << 18;
  const double work =
      static_cast<double>(args.rows) * static_cast<double>(args.columns) * static_cast<double>(args.inner);
  const auto worth = static_cast<std::int64_t>(std::min(work / kLeastWork, 1024.0));
  const Grid grid = grid_of(args, std::clamp<std::int64_t>(worth, 1, thread_count()));
  // Where part i of several begins: with a whole tile, so that few are cut.
  constexpr std::int64_t kTileRows = 8, kTileColumns = 32;
  const auto cut = [](std::int64_t size, std::int64_t i, std::int64_t parts, std::int64_t tile) {
    return std::min(size, (size + tile - 1) / tile * i / parts * tile);
  };
  parallel_tasks(grid.down * grid.across, [&](std::int64_t piece) {
    const std::int64_t i = piece / grid.across, j = piece % grid.across;
    const auto row = [&](std::int64_t part) { return cut(args.rows, part, grid.down, kTileRows); };
    const auto column = [&](std::int64_t part) { return cut(args.columns, part, grid.across, kTileColumns); };
    packed_product(columns_of(rows_of(args, row(i), row(i + 1)), column(j), column(j + 1)));
  });
}

}  // namespace

void matrix_product(Cpu, const MatrixProduct<float>& given) {
  const MatrixProduct<float> args = with_strides(given);
  if (args.rows == 0 || args.columns == 0) return;
  if (args.inner == 0) return scale_only(args);
  if (args.rows > kFewRows || args.transpose_a || !args.transpose_b) return shared_product(args);
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / (args.inner * args.rows));
  parallel_for(0, args.columns, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(FewRowsColumns)(args, begin, end);
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
