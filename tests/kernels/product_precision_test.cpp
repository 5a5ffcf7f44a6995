#include "sequent/kernels/product_precision.h"

#include <gtest/gtest.h>

#include <string>

#include "sequent/base/files.h"

namespace sequent {
namespace {

TEST(ProductPrecision, KnowsTheProcessorAsTheSystemDoes) {
  const bool listed = read_text("/proc/cpuinfo").find(" avx512_bf16") != std::string::npos;
  EXPECT_EQ(kernels::multiplies_bfloat16(), listed);
}

}  // namespace
}  // namespace sequent
