#include "sequent/ops/weight_product.h"

#include <gtest/gtest.h>

#include "sequent/autograd/tape.h"
#include "sequent/nn/stored_values.h"
#include "sequent/ops/cross_entropy.h"
#include "sequent/ops/embedding.h"
#include "sequent/ops/linear.h"
#include "tests/support/files.h"
#include "tests/support/stored_weights.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

constexpr DType kTypes[] = {DType::f16, DType::bf16, DType::q8_0, DType::q4_0, DType::q4_k};

// A weight as it is stored, and the same values in float32.
struct Weight {
  explicit Weight(DType type)
      : stored(to_stored(test::to_tensor(test::random_values(40 * 256, "w"), {40, 256}), type, "w")),
        floats(dequantised(stored, "w")) {}
  Tensor stored;
  Tensor floats;
};

TEST(WeightProduct, OperationsTakeWeightsAsTheyAreStored) {
  for (const DType type : kTypes) {
    SCOPED_TRACE(name_of(type));
    const Weight weight(type);
    const Var bias(test::to_tensor(test::random_values(40, "bias"), {40}));
    for (const std::int64_t rows : {1, 3, 20}) {
      const std::vector<float> activations = test::exact_activations(rows * 256, "x");
      const Var x(Tensor::from(std::span<const float>(activations), {rows, 256}));
      const auto expected = test::to_doubles(linear(x, weight.floats, bias).value());
      test::expect_close(test::to_doubles(linear(x, weight.stored, bias).value()), expected, 1e-6, "linear", 16.0);
      const std::vector<std::int32_t> targets(static_cast<std::size_t>(rows), 7);
      const auto losses = test::to_doubles(projected_cross_entropy(x, weight.floats, targets).token_losses);
      test::expect_close(test::to_doubles(projected_cross_entropy(x, weight.stored, targets).token_losses), losses, 1e-5,
                         "losses", 16.0);
    }
    const std::vector<std::int32_t> ids = {3, 39, 0, 3};
    EXPECT_EQ(test::to_doubles(embedding(ids, weight.stored).value()),
              test::to_doubles(embedding(ids, weight.floats).value()));
  }
}

TEST(WeightProduct, GradientsNeedFloat32) {
  const Weight weight(DType::bf16);
  const Var x(test::to_tensor(test::random_values(256, "x"), {1, 256}));
  const Tape tape;
  EXPECT_EQ(test::error_of([&] { linear(x, weight.stored); }), "linear: gradients need weights in float32, got bf16");
  EXPECT_EQ(test::error_of([&] { embedding(std::vector<std::int32_t>{1}, weight.stored); }),
            "embedding: gradients need weights in float32, got bf16");
  EXPECT_EQ(test::error_of([&] { projected_cross_entropy(x, weight.stored, std::vector<std::int32_t>{1}); }),
            "cross_entropy: gradients need weights in float32, got bf16");
}

}  // namespace
}  // namespace sequent
