// Sums, scaling and copies of flat arrays and of rows. y may be one of the inputs.
#pragma once

#include <cstdint>

#include "sequent/kernels/device.h"

namespace sequent::kernels {

/// y[i] = a[i] + b[i].
template <class Real>
struct Add {
  const Real* a;
  const Real* b;
  Real* y;
  std::int64_t count;
};

/// y[i] = factor * x[i].
template <class Real>
struct Scale {
  const Real* x;
  Real* y;
  Real factor;
  std::int64_t count;
};

/// y[i] += factor * x[i].
template <class Real>
struct AddScaled {
  const Real* x;
  Real* y;
  Real factor;
  std::int64_t count;
};

/// y[i] = momentum * y[i] + (1 - momentum) * x[i]: one step of an exponential moving average.
template <class Real>
struct MovingAverage {
  const Real* x;
  Real* y;
  Real momentum;
  std::int64_t count;
};

/// y[r, c] = x[r, c] for rows that lie x_stride and y_stride elements apart: cutting and joining columns.
template <class Real>
struct CopyRows {
  const Real* x;
  Real* y;
  std::int64_t x_stride;  // 0: every row of y is the same row x
  std::int64_t y_stride;
  std::int64_t rows;
  std::int64_t columns;
};

/// y[c] += sum_r x[r, c], each column in one fixed order.
template <class Real>
struct AddColumnSums {
  const Real* x;  // [rows, columns]
  Real* y;        // [columns]
  std::int64_t rows;
  std::int64_t columns;
};

void add(Cpu, const Add<float>& args);
void scale(Cpu, const Scale<float>& args);
void add_scaled(Cpu, const AddScaled<float>& args);
void moving_average(Cpu, const MovingAverage<float>& args);
void copy_rows(Cpu, const CopyRows<float>& args);
void add_column_sums(Cpu, const AddColumnSums<float>& args);

}  // namespace sequent::kernels
