#include "sequent/autograd/product_precision.h"

#include <gtest/gtest.h>

#include <thread>

#include "sequent/base/error.h"

namespace sequent {
namespace {

TEST(ProductPrecision, HoldsForItsScopeAndThread) {
  EXPECT_EQ(product_precision(), ProductPrecision::float32);
  {
    const ProductPrecisionScope outer(ProductPrecision::bfloat16);
    {
      const ProductPrecisionScope inner(ProductPrecision::float32);
      EXPECT_EQ(product_precision(), ProductPrecision::float32);
    }
    EXPECT_EQ(product_precision(), ProductPrecision::bfloat16);
    std::thread([] { EXPECT_EQ(product_precision(), ProductPrecision::float32); }).join();
  }
  EXPECT_EQ(product_precision(), ProductPrecision::float32);
}

TEST(ProductPrecision, IsReadFromItsName) {
  EXPECT_EQ(product_precision_of("precision", "f32"), ProductPrecision::float32);
  EXPECT_EQ(product_precision_of("precision", "bf16"), ProductPrecision::bfloat16);
  try {
    product_precision_of("precision", "f16");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "precision: must be f32 or bf16, got 'f16'");
  }
}

}  // namespace
}  // namespace sequent
