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

}  // namespace sequent::kernels::reference
