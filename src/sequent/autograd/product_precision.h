// The precision of matrix products, for a while: mixed-precision training (Micikevicius et al., "Mixed precision
// training", 2018), with bfloat16 (Kalamkar et al., "A study of BFLOAT16 for deep learning training", 2019).
#pragma once

#include <string_view>

#include "sequent/kernels/product_precision.h"

namespace sequent {

using kernels::ProductPrecision;

/// What the operations called on this thread multiply in, float32 at first. They keep it for their backward pass, and
/// recompute() for its second run. Weights, activations, gradients, sums and everything that is no product stay float32
/// in either.
ProductPrecision product_precision();

/// "f32" or "bf16"; anything else is an Error that begins with `name`.
ProductPrecision product_precision_of(std::string_view name, std::string_view value);

/// Sets it on this thread while in scope. They nest.
class ProductPrecisionScope {
 public:
  explicit ProductPrecisionScope(ProductPrecision precision);
  ~ProductPrecisionScope();
  ProductPrecisionScope(const ProductPrecisionScope&) = delete;
  ProductPrecisionScope& operator=(const ProductPrecisionScope&) = delete;

 private:
  ProductPrecision outer_;
};

}  // namespace sequent
