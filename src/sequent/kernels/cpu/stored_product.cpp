#include "sequent/kernels/stored_product.h"

#include <algorithm>
#include <cstring>

#include "sequent/base/error.h"
#include "sequent/base/threads.h"
#include "sequent/kernels/matrix_product.h"
#include "sequent/kernels/quantisation.h"
#include "sequent/kernels/quantised_product.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/stored_product.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/stored_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// c[j .. j + kColumns) of a product of plain values with one row. Every element is one chain of multiply-adds, in the
// order of the type, whatever the block of the product it falls in, so that cuts between threads do not change it.
template <class Stored, int kColumns>
HWY_INLINE void DotStored(const StoredProduct& args, const std::uint8_t* w, std::int64_t stride, std::int64_t j) {
  const FloatTag d;
  FloatVector sums[kColumns];
  for (FloatVector& sum : sums) sum = hn::Zero(d);
  const std::int64_t whole = args.inner / Stored::kValues;
  for (std::int64_t block = 0; block < whole; ++block) {
    const float* a = args.a + block * Stored::kValues;
    for (int s = 0; s < kColumns; ++s) {
      Stored::Decode(d, w + (j + s) * stride + block * Stored::kBytes, [&](std::int64_t i, FloatVector v) HWY_ATTR {
        sums[s] = hn::MulAdd(hn::LoadU(d, a + i), v, sums[s]);
      });
    }
  }
  const std::int64_t left = args.inner - whole * Stored::kValues;
  for (int s = 0; s < kColumns && left > 0; ++s) {
    const float* a = args.a + whole * Stored::kValues;
    WithFilledBlock<Stored>(w + (j + s) * stride + whole * Stored::kBytes, left,
                            [&](const std::uint8_t* filled) HWY_ATTR {
                              Stored::Decode(d, filled, [&](std::int64_t i, FloatVector v) HWY_ATTR {
                                if (i < left) sums[s] = hn::MulAdd(LoadUpTo(d, a + i, left - i), v, sums[s]);
                              });
                            });
  }
  for (int s = 0; s < kColumns; ++s) {
    float& c = args.c[j + s];
    const float product = SumOf(d, sums[s]);
    c = args.beta == 0 ? product : product + args.beta * c;
  }
}

// Four sums hide the latency of a multiply-add. Flattened: a call for each vector would cost more than its arithmetic.
template <class Stored>
HWY_FLATTEN void StoredColumns(const StoredProduct& args, std::int64_t begin, std::int64_t end) {
  constexpr int kColumns = 4;
  const auto* w = static_cast<const std::uint8_t*>(args.w);
  // Plain values have no whole number of blocks in a row.
  const std::int64_t stride = args.inner * Stored::kBytes / Stored::kValues;
  std::int64_t j = begin;
  for (; j + kColumns <= end; j += kColumns) DotStored<Stored, kColumns>(args, w, stride, j);
  for (; j < end; ++j) DotStored<Stored, 1>(args, w, stride, j);
}

// Columns [begin, end) of a product of plain values with one row.
void StoredOneRow(const StoredProduct& args, std::int64_t begin, std::int64_t end) {
  WithStored(args.type, [&](auto stored) HWY_ATTR {
    using Stored = decltype(stored);
    if constexpr (Stored::kPlain) StoredColumns<Stored>(args, begin, end);
  });
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace sequent::kernels {

HWY_EXPORT(StoredOneRow);

namespace {

// Multiply-adds below which a second thread costs more than it saves.
constexpr std::int64_t kGrain = 65536;

bool in_integers(DType type, std::int64_t rows) {
  return is_quantised(type) && rows <= kMostQuantisedRows;
}

// Rows of W that become floats at a time. With few rows of A they are read once more and should still be near; with
// many they must be enough for a product to run at full speed.
std::int64_t panel_of(std::int64_t rows) {
  return rows <= 8 ? 16 : 128;
}

// Each thread has a contiguous part of the panels, and a part of the scratch.
void by_panels(const StoredProduct& args) {
  const std::int64_t size = panel_of(args.rows), panels = (args.columns + size - 1) / size;
  const std::int64_t pieces = std::min<std::int64_t>(panels, thread_count());
  const std::int64_t row_bytes = args.inner / block_of(args.type).elements * block_of(args.type).bytes;
  parallel_tasks(pieces, [&](std::int64_t piece) {
    float* const panel = args.scratch + piece * size * args.inner;
    for (std::int64_t p = panels * piece / pieces; p < panels * (piece + 1) / pieces; ++p) {
      const std::int64_t begin = p * size, columns = std::min(size, args.columns - begin);
      dequantise(Cpu{}, {.type = args.type,
                         .from = static_cast<const std::byte*>(args.w) + begin * row_bytes,
                         .to = panel,
                         .count = columns * args.inner});
      matrix_product(Cpu{}, {.a = args.a,
                             .b = panel,
                             .c = args.c + begin,
                             .rows = args.rows,
                             .columns = columns,
                             .inner = args.inner,
                             .transpose_b = true,
                             .c_stride = args.columns,
                             .beta = args.beta,
                             .precision = args.precision});
    }
  });
}

}  // namespace

std::int64_t stored_product_scratch(DType type, std::int64_t rows, std::int64_t inner) {
  if (in_integers(type, rows)) return quantised_product_scratch(rows, inner);
  return rows > 1 ? thread_count() * panel_of(rows) * inner : 0;
}

void stored_product(Cpu, const StoredProduct& args) {
  const std::int64_t block = block_of(args.type).elements;
  check(args.inner % block == 0, "stored product: rows of {} must be a multiple of {}, got {}", name_of(args.type),
        block, args.inner);
  if (args.rows == 0 || args.columns == 0) return;
  if (in_integers(args.type, args.rows)) return quantised_product(Cpu{}, args);
  if (args.rows > 1) return by_panels(args);
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(args.inner, 1));
  parallel_for(0, args.columns, grain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(StoredOneRow)(args, begin, end);
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
