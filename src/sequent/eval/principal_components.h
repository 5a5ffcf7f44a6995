// The first principal components of a cloud of features, for painting them.
#pragma once

#include <cstdint>

#include "sequent/tensor/tensor.h"

namespace sequent {

/// Where each row of x lies along the `count` directions of largest variance: x [rows, width] -> [rows, count], the
/// mean taken away, largest variance first. By orthogonal iteration (Golub and Van Loan, "Matrix computations",
/// section 7.3.2), in double. The sign of each is such that its largest value is positive. Directions without variance
/// give zeros.
Tensor principal_components(const Tensor& x, std::int64_t count);

}  // namespace sequent
