#include "sequent/autograd/product_precision.h"

#include <utility>

#include "sequent/base/error.h"

namespace sequent {
namespace {

thread_local ProductPrecision current = ProductPrecision::float32;

}  // namespace

ProductPrecision product_precision() {
  return current;
}

ProductPrecision product_precision_of(std::string_view name, std::string_view value) {
  check(value == "f32" || value == "bf16", "{}: must be f32 or bf16, got '{}'", name, value);
  return value == "bf16" ? ProductPrecision::bfloat16 : ProductPrecision::float32;
}

ProductPrecisionScope::ProductPrecisionScope(ProductPrecision precision) : outer_(std::exchange(current, precision)) {}

ProductPrecisionScope::~ProductPrecisionScope() {
  current = outer_;
}

}  // namespace sequent
