// The readable specification of kernels/elementwise.h, and the oracle of its tests.
#pragma once

#include "sequent/kernels/elementwise.h"

namespace sequent::kernels::reference {

template <class Real>
void add(const Add<Real>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) args.y[i] = args.a[i] + args.b[i];
}

template <class Real>
void scale(const Scale<Real>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) args.y[i] = args.factor * args.x[i];
}

template <class Real>
void add_scaled(const AddScaled<Real>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) args.y[i] += args.factor * args.x[i];
}

template <class Real>
void moving_average(const MovingAverage<Real>& args) {
  for (std::int64_t i = 0; i < args.count; ++i) {
    args.y[i] = args.momentum * args.y[i] + (1 - args.momentum) * args.x[i];
  }
}

template <class Real>
void copy_rows(const CopyRows<Real>& args) {
  for (std::int64_t r = 0; r < args.rows; ++r) {
    for (std::int64_t c = 0; c < args.columns; ++c) args.y[r * args.y_stride + c] = args.x[r * args.x_stride + c];
  }
}

template <class Real>
void add_column_sums(const AddColumnSums<Real>& args) {
  for (std::int64_t r = 0; r < args.rows; ++r) {
    for (std::int64_t c = 0; c < args.columns; ++c) args.y[c] += args.x[r * args.columns + c];
  }
}

}  // namespace sequent::kernels::reference
