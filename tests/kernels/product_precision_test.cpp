#include "sequent/kernels/product_precision.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "sequent/base/files.h"

namespace sequent {
namespace {

TEST(ProductPrecision, KnowsTheProcessorAsTheSystemDoes) {
  if (!std::filesystem::exists("/proc/cpuinfo")) GTEST_SKIP() << "no /proc/cpuinfo";
  const bool listed = read_text("/proc/cpuinfo").find(" avx512_bf16") != std::string::npos;
  EXPECT_EQ(kernels::multiplies_bfloat16(), listed);
}

}  // namespace
}  // namespace sequent
