#include "sequent/ops/rows.h"

#include <algorithm>
#include <numeric>

#include "sequent/autograd/tape.h"
#include "sequent/base/error.h"
#include "sequent/kernels/elementwise.h"

namespace sequent {
namespace {

bool same_beyond_rows(const Shape& a, const Shape& b) {
  return a.rank() >= 1 && a.rank() == b.rank() && std::ranges::equal(a.sizes().subspan(1), b.sizes().subspan(1));
}

Shape with_rows(const Shape& shape, std::int64_t rows) {
  std::vector<std::int64_t> sizes(shape.sizes().begin(), shape.sizes().end());
  sizes[0] = rows;
  return Shape(std::span<const std::int64_t>(sizes));
}

// `width` columns from rows `from_stride` apart to rows `to_stride` apart.
void copy_columns(const float* from, std::int64_t from_stride, float* to, std::int64_t to_stride, std::int64_t rows,
                  std::int64_t width) {
  kernels::copy_rows(
      kernels::Cpu{},
      {.x = from, .y = to, .x_stride = from_stride, .y_stride = to_stride, .rows = rows, .columns = width});
}

}  // namespace

Var slice_rows(const Var& x, std::int64_t begin, std::int64_t end) {
  check(x.shape().rank() >= 1 && 0 <= begin && begin <= end && end <= x.size(0),
        "slice_rows: rows must lie within {}, got [{}, {})", to_string(x.shape()), begin, end);
  return record(x.value().slice(begin, end), {x}, [x = x.gradient_only(), begin, end](const Tensor& dy) {
    // Straight into the rows of x's gradient: many slices of one tensor cost no more than the tensor.
    const Tensor rows = x.gradient_buffer().slice(begin, end);
    kernels::add(kernels::Cpu{},
                 {.a = rows.floats(), .b = dy.floats(), .y = rows.mutable_floats(), .count = dy.elements()});
  });
}

Var concat_rows(std::span<const Var> parts) {
  check(!parts.empty(), "concat_rows: there must be at least one part, got none");
  if (parts.size() == 1) return parts[0];
  std::int64_t rows = 0;
  for (const Var& part : parts) {
    check(same_beyond_rows(part.shape(), parts[0].shape()),
          "concat_rows: parts must agree in all sizes but the first, got {} and {}", to_string(parts[0].shape()),
          to_string(part.shape()));
    rows += part.size(0);
  }
  const Tensor joined = Tensor::empty(with_rows(parts[0].shape(), rows), parts[0].value().dtype());
  std::int64_t at = 0;
  for (const Var& part : parts) {
    joined.slice(at, at + part.size(0)).copy_from(part.value());
    at += part.size(0);
  }
  std::vector<Var> kept;
  for (const Var& part : parts) kept.push_back(part.gradient_only());
  return record_outputs(std::span(&joined, 1), parts, [kept](std::span<const Tensor> gradients) {
    std::int64_t from = 0;
    for (const Var& part : kept) {
      part.accumulate(gradients[0].slice(from, from + part.size(0)));
      from += part.size(0);
    }
  })[0];
}

std::vector<Var> split_columns(const Var& x, std::span<const std::int64_t> widths) {
  check(x.shape().rank() == 2, "split_columns: x must be [rows, columns], got {}", to_string(x.shape()));
  const bool positive = std::ranges::all_of(widths, [](std::int64_t width) { return width >= 0; });
  const std::int64_t columns = x.size(1), sum = std::accumulate(widths.begin(), widths.end(), std::int64_t{0});
  check(positive && sum == columns, "split_columns: widths must add up to the {} columns of x, got {}", columns, sum);
  const std::int64_t rows = x.size(0);
  std::vector<Tensor> parts;
  std::int64_t at = 0;
  for (const std::int64_t width : widths) {
    parts.push_back(Tensor::empty({rows, width}));
    copy_columns(x.value().floats() + at, columns, parts.back().mutable_floats(), width, rows, width);
    at += width;
  }
  const std::vector<std::int64_t> kept(widths.begin(), widths.end());
  return record_outputs(
      parts, std::span(&x, 1), [x = x.gradient_only(), kept, rows, columns](std::span<const Tensor> gradients) {
        const bool all = std::ranges::all_of(gradients, [](const Tensor& g) { return g.defined(); });
        const Tensor dx = all ? Tensor::empty(x.shape()) : Tensor::zeros(x.shape());
        std::int64_t to = 0;
        for (std::size_t i = 0; i < kept.size(); ++i) {
          if (gradients[i].defined()) {
            copy_columns(gradients[i].floats(), kept[i], dx.mutable_floats() + to, columns, rows, kept[i]);
          }
          to += kept[i];
        }
        x.accumulate(dx);
      });
}

Var repeat_columns(const Var& x, std::int64_t width, std::int64_t times) {
  check(width >= 1 && times >= 1 && x.shape().rank() == 2 && x.columns() % width == 0,
        "repeat_columns: x must be [rows, groups of {} columns] to be repeated {} times, got {}", width, times,
        to_string(x.shape()));
  if (times == 1) return x;
  const std::int64_t rows = x.rows() * (x.columns() / width);  // of one group each
  const Tensor y = Tensor::empty({x.rows(), times * x.columns()});
  for (std::int64_t i = 0; i < times; ++i) {
    copy_columns(x.value().floats(), width, y.mutable_floats() + i * width, times * width, rows, width);
  }
  return record(y, {x}, [x = x.gradient_only(), width, times, rows](const Tensor& dy) {
    const Tensor dx = Tensor::empty(x.shape()), copy = Tensor::empty(x.shape());
    copy_columns(dy.floats(), times * width, dx.mutable_floats(), width, rows, width);
    for (std::int64_t i = 1; i < times; ++i) {
      copy_columns(dy.floats() + i * width, times * width, copy.mutable_floats(), width, rows, width);
      kernels::add(kernels::Cpu{},
                   {.a = dx.floats(), .b = copy.floats(), .y = dx.mutable_floats(), .count = dx.elements()});
    }
    x.accumulate(dx);
  });
}

}  // namespace sequent
