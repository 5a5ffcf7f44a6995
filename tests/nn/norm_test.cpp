#include "sequent/nn/norm.h"

#include <gtest/gtest.h>

#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(RmsNormLayer, StartsAsPlainNormalisationWithoutDecay) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const RmsNorm norm(4, 0.0f, ParameterScope(parameters)("norm"));
  EXPECT_EQ(parameters.all()[0].name, "norm.weight");
  EXPECT_FALSE(parameters.all()[0].decay);
  const Tensor x = test::to_tensor({1, -2, 3, -4}, {1, 4});
  const double rms = std::sqrt(30.0 / 4);
  test::expect_close(test::to_doubles(norm(x).value()), std::vector<double>{1 / rms, -2 / rms, 3 / rms, -4 / rms}, 1e-6,
                     "y");
}

TEST(RmsNormLayer, WithoutParameterIsTheSameWithAWeightOfOne) {
  const Tensor x = test::to_tensor({1, -2, 3, -4}, {1, 4});
  const double rms = std::sqrt(30.0 / 4);
  test::expect_close(test::to_doubles(RmsNorm(4, 0.0f)(x).value()),
                     std::vector<double>{1 / rms, -2 / rms, 3 / rms, -4 / rms}, 1e-6, "y");
}

TEST(NormLayer, IsTheOneOfItsKind) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const ParameterScope scope(parameters);
  const Norm rms(NormKind::rms_norm, 4, 0.0f, scope("a"));
  const Norm layer(NormKind::layer_norm, 4, 0.0f, scope("b"));
  ASSERT_EQ(parameters.all().size(), 3u);
  EXPECT_EQ(parameters.all()[2].name, "b.bias");
  const Tensor x = test::to_tensor({1, 3, 5, 7}, {1, 4});
  EXPECT_FLOAT_EQ(rms(x).value().floats()[0], static_cast<float>(1 / std::sqrt(84.0 / 4)));
  EXPECT_FLOAT_EQ(layer(x).value().floats()[0], static_cast<float>(-3 / std::sqrt(5.0)));
}

TEST(LayerNormLayer, StartsAsPlainNormalisationWithoutDecay) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const LayerNorm norm(4, 0.0f, ParameterScope(parameters)("norm"));
  ASSERT_EQ(parameters.all().size(), 2u);
  EXPECT_EQ(parameters.all()[0].name, "norm.weight");
  EXPECT_EQ(parameters.all()[1].name, "norm.bias");
  EXPECT_FALSE(parameters.all()[0].decay || parameters.all()[1].decay);
  const Tensor x = test::to_tensor({1, 3, 5, 7}, {1, 4});
  const double deviation = std::sqrt(5.0);
  test::expect_close(test::to_doubles(norm(x).value()),
                     std::vector<double>{-3 / deviation, -1 / deviation, 1 / deviation, 3 / deviation}, 1e-6, "y");
}

}  // namespace
}  // namespace sequent
