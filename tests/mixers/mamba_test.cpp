// What is particular to Mamba; what holds for all mixers is in tests/properties, parity in
// tests/models/golden_test.cpp.
#include "sequent/mixers/mamba.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sequent {
namespace {

TEST(Mamba, StartsAsThePaperSays) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const Mamba mamba({.inner_width = 64, .states = 4, .taps = 4, .delta_rank = 2}, 32, ParameterScope(parameters));
  for (const Parameter& parameter : parameters.all()) {
    const Tensor& value = parameter.var.value();
    if (parameter.name == "A_log") {
      EXPECT_FALSE(parameter.decay);
      for (std::int64_t i = 0; i < value.elements(); ++i) EXPECT_NEAR(std::exp(value.floats()[i]), i % 4 + 1, 1e-5);
    } else if (parameter.name == "D") {
      EXPECT_FALSE(parameter.decay);
      EXPECT_EQ(value.floats()[5], 1.0f);
    } else if (parameter.name == "dt_proj.bias") {
      EXPECT_FALSE(parameter.decay);
      for (std::int64_t i = 0; i < value.elements(); ++i) {
        const double delta = std::log1p(std::exp(static_cast<double>(value.floats()[i])));
        EXPECT_GE(delta, 0.000999);
        EXPECT_LE(delta, 0.1001);
      }
    } else if (parameter.name == "in_proj.weight") {
      EXPECT_TRUE(parameter.decay);
    }
  }
}

TEST(Mamba, InnerNormsMayHaveNoWeights) {
  const auto count = [](const MambaConfig& config) {
    const auto source = shapes_only();
    Parameters parameters(*source);
    const Mamba mamba(config, 32, ParameterScope(parameters));
    return parameters.all().size();
  };
  MambaConfig config = {.inner_width = 64, .states = 4, .taps = 4, .delta_rank = 2};
  const std::size_t plain = count(config);
  config.inner_norms = true;
  EXPECT_EQ(count(config), plain + 3);
  config.inner_norm_weights = false;
  EXPECT_EQ(count(config), plain);
}

TEST(Mamba, StateDoesNotGrowWithTheSequence) {
  const auto source = shapes_only();
  Parameters parameters(*source);
  const Mamba mamba({.inner_width = 64, .states = 16, .taps = 4, .delta_rank = 2}, 32, ParameterScope(parameters));
  EXPECT_EQ(mamba.state_bytes(1, 4), 64 * (3 + 16) * 4);
  EXPECT_EQ(mamba.state_bytes(1 << 20, 4), mamba.state_bytes(1, 4));
}

TEST(Mamba, CountsTheOperationsOfItsScan) {
  const auto source = shapes_only();
  Parameters parameters(*source);
  const Mamba mamba({.inner_width = 64, .states = 16, .taps = 4, .delta_rank = 2}, 32, ParameterScope(parameters));
  EXPECT_EQ(mamba.sequence_flops(3), 3 * 64 * 16 * 5);
}

}  // namespace
}  // namespace sequent
