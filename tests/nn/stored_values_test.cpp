#include "sequent/nn/stored_values.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/files.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(StoredValues, ComeBackAsNearAsTheTypeAllows) {
  const Tensor x = test::to_tensor(test::random_values(512, "x"), {2, 256});
  const std::pair<DType, double> tolerances[] = {{DType::f32, 0},     {DType::f16, 5e-4},  {DType::bf16, 4e-3},
                                                 {DType::q8_0, 5e-3}, {DType::q4_0, 0.13}, {DType::q4_k, 0.1}};
  for (const auto& [type, tolerance] : tolerances) {
    const Tensor stored = to_stored(x, type, "x");
    EXPECT_EQ(stored.dtype(), type);
    EXPECT_EQ(stored.shape(), x.shape());
    test::expect_close(test::to_doubles(dequantised(stored, "x")), test::to_doubles(x), tolerance, name_of(type));
    // Once more changes nothing.
    EXPECT_EQ(to_stored(stored, type, "x").raw(), stored.raw());
  }
  EXPECT_EQ(dequantised(x, "x").raw(), x.raw());
}

TEST(StoredValues, NameWhatTheyRefuse) {
  const Tensor ids = Tensor::zeros({4}, DType::i32), x = Tensor::zeros({32});
  EXPECT_EQ(test::error_of([&] { dequantised(ids, "ids"); }), "tensor \"ids\": cannot convert i32 to f32");
  x.mutable_floats()[3] = 7e4f;
  EXPECT_EQ(test::error_of([&] { to_stored(x, DType::f16, "x"); }), "tensor \"x\": 70000 cannot be stored as f16");
  x.mutable_floats()[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(test::error_of([&] { to_stored(x, DType::bf16, "x"); }), "tensor \"x\": nan cannot be stored as bf16");
}

}  // namespace
}  // namespace sequent
