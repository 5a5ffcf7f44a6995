#include "sequent/kernels/matrix_product.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "sequent/base/error.h"
#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/matrix_product.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
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

namespace {

// With so few rows (a step of decoding) a product only reads the weights once, which BLAS, made for blocks, does less
// well than plain dot products.
constexpr std::int64_t kFewRows = 8;
// Multiply-adds below which a second thread costs more than it saves.
constexpr std::int64_t kGrain = 65536;

void expect_blas_size(const char* what, std::int64_t size) {
  check(size >= 0 && size <= std::numeric_limits<blasint>::max(), "matrix_product: {} must be from 0 to {}, got {}",
        what, std::numeric_limits<blasint>::max(), size);
}

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

// Our threads share the work already, so OpenBLAS is to use the thread it is called on and no other. Its OpenMP build asks
// OpenMP, for which that number belongs to each calling thread.
void expect_one_blas_thread() {
  thread_local const bool done = (openblas_set_num_threads(1), true);
  static_cast<void>(done);
}

void blas_product(const MatrixProduct<float>& args) {
  expect_one_blas_thread();
  const auto transposition = [](bool wanted) { return wanted ? CblasTrans : CblasNoTrans; };
  const auto size = [](std::int64_t value) { return static_cast<blasint>(value); };
  cblas_sgemm(CblasRowMajor, transposition(args.transpose_a), transposition(args.transpose_b), size(args.rows),
              size(args.columns), size(args.inner), args.alpha, args.a, size(args.a_stride), args.b,
              size(args.b_stride), args.beta, args.c, size(args.c_stride));
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

// The longer side of C is cut between the threads, in whole blocks of BLAS.
void shared_product(const MatrixProduct<float>& args) {
  constexpr std::int64_t kBlock = 64;
  // Multiply-adds below which BLAS's packing of the other side, done by every thread, outweighs a second thread.
  constexpr std::int64_t kLeastWork = std::int64_t{1} << 21;
  expect_blas_size("rows", args.rows);
  expect_blas_size("columns", args.columns);
  expect_blas_size("inner size", args.inner);
  for (const std::int64_t stride : {args.a_stride, args.b_stride, args.c_stride}) expect_blas_size("stride", stride);
  const bool by_rows = args.rows >= args.columns;
  const std::int64_t size = by_rows ? args.rows : args.columns;
  const double work = static_cast<double>(kBlock) * static_cast<double>(by_rows ? args.columns : args.rows) *
                      static_cast<double>(args.inner);
  const auto grain = static_cast<std::int64_t>(std::max(1.0, std::ceil(static_cast<double>(kLeastWork) / work)));
  // One piece a thread: every piece packs the other side anew.
  const std::int64_t blocks = (size + kBlock - 1) / kBlock;
  const std::int64_t pieces = std::clamp<std::int64_t>(blocks / grain, 1, thread_count());
  parallel_tasks(pieces, [&](std::int64_t piece) {
    const std::int64_t begin = blocks * piece / pieces, end = blocks * (piece + 1) / pieces;
    const std::int64_t from = begin * kBlock, to = std::min(end * kBlock, size);
    blas_product(by_rows ? rows_of(args, from, to) : columns_of(args, from, to));
  });
}

}  // namespace

HWY_EXPORT(FewRowsColumns);

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

std::string matrix_product_backend() {
  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...": the name and the version.
  const std::string configuration = openblas_get_config();
  const std::size_t version = configuration.find(' ');
  const std::string kernels = std::string(openblas_get_corename()) + " kernels";
  // A forgotten variable can halve the speed: say who chose.
  const char* chosen = std::getenv("OPENBLAS_CORETYPE") ? " (set by OPENBLAS_CORETYPE)" : "";
  return configuration.substr(0, configuration.find(' ', version + 1)) + ", " + kernels + chosen;
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
