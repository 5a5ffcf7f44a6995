#include "sequent/nn/feed_forward.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/values.h"

namespace sequent {
namespace {

// One channel, one hidden unit: the formulas by hand.
class FeedForward : public testing::Test {
 protected:
  static void set(const Parameters& parameters, const std::vector<float>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) parameters.all()[i].var.value().mutable_floats()[0] = values[i];
  }
  const std::unique_ptr<ParameterSource> source = fresh_parameters(1);
  Parameters parameters{*source};
  const ChannelMixerConfig config{.hidden_width = 1};
  const Tensor x = test::to_tensor({1.5}, {1, 1});
};

double silu(double x) {
  return x / (1 + std::exp(-x));
}

TEST_F(FeedForward, Mlp) {
  const Mlp mlp(config, 1, ParameterScope(parameters));
  set(parameters, {2.0f, 3.0f});
  EXPECT_NEAR(mlp.forward(x).value().floats()[0], 3 * silu(2 * 1.5), 1e-5);
}

TEST_F(FeedForward, Glu) {
  const Glu glu(config, 1, ParameterScope(parameters));
  EXPECT_EQ(parameters.all()[0].name, "gate_proj.weight");
  set(parameters, {2.0f, 5.0f, 3.0f});
  EXPECT_NEAR(glu.forward(x).value().floats()[0], 3 * silu(2 * 1.5) * (5 * 1.5), 1e-3);
}

}  // namespace
}  // namespace sequent
