// What is particular to Mamba-2; what holds for all mixers is in tests/properties, parity in
// tests/models/golden_test.cpp.
#include "sequent/mixers/mamba2.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "sequent/kernels/state_space_duality.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

Mamba2Config small_config() {
  return {.inner_width = 60, .head_width = 10, .groups = 2, .states = 4, .taps = 3};
}

TEST(Mamba2, StartsAsTheAuthorsDo) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const Mamba2 mamba2(small_config(), 30, ParameterScope(parameters));
  std::set<std::string> decaying;
  std::map<std::string, Tensor> values;
  for (const Parameter& parameter : parameters.all()) {
    if (parameter.decay) decaying.insert(parameter.name);
    values[parameter.name] = parameter.var.value();
  }
  EXPECT_EQ(decaying, (std::set<std::string>{"in_proj.weight", "conv1d.weight", "out_proj.weight"}));
  ASSERT_EQ(values.at("A_log").shape(), (Shape{6}));
  std::set<float> rates;
  for (std::int64_t i = 0; i < 6; ++i) {
    const double delta = std::log1p(std::exp(static_cast<double>(values.at("dt_bias").floats()[i])));
    EXPECT_GE(delta, 0.000999);
    EXPECT_LE(delta, 0.1001);
    rates.insert(std::exp(values.at("A_log").floats()[i]));
    EXPECT_EQ(values.at("D").floats()[i], 1.0f);
  }
  EXPECT_EQ(rates.size(), 6u);
  EXPECT_GE(*rates.begin(), 1.0f);
  EXPECT_LE(*rates.rbegin(), 16.0f);
}

TEST(Mamba2, HasTheParametersThatItsSwitchesAskFor) {
  const auto count = [](const Mamba2Config& config) {
    const auto source = shapes_only();
    Parameters parameters(*source);
    const Mamba2 mamba2(config, 30, ParameterScope(parameters));
    std::int64_t elements = 0;
    for (const Parameter& parameter : parameters.all()) elements += parameter.var.shape().elements();
    return elements;
  };
  const std::int64_t plain = count(small_config());
  EXPECT_EQ(plain, 30 * (60 + 76 + 6) + 76 * 4 + 3 * 6 + 60 + 60 * 30);
  Mamba2Config config = small_config();
  config.d_per_channel = true;
  EXPECT_EQ(count(config), plain + 60 - 6);
  config = small_config();
  config.rms_norm = config.conv_bias = false;
  EXPECT_EQ(count(config), plain - 60 - 76);
  config = small_config();
  config.bias = true;
  EXPECT_EQ(count(config), plain + 60 + 76 + 6 + 30);
}

// The switches that change only the mathematics do change it.
TEST(Mamba2, EachSwitchOfTheNormMatters) {
  const auto output = [](const Mamba2Config& config) {
    const auto source = fresh_parameters(1);
    Parameters parameters(*source);
    const Mamba2 mamba2(config, 30, ParameterScope(parameters));
    const Var y = mamba2.forward(test::to_tensor(test::random_values(150, "u"), {5, 30}), Segments::single(5));
    return test::to_doubles(y.value());
  };
  std::set<std::vector<double>> outputs;
  Mamba2Config config = small_config();
  outputs.insert(output(config));
  config.norm_groups = false;
  outputs.insert(output(config));
  config.norm_before_gate = true;
  outputs.insert(output(config));
  config.rms_norm = false;
  outputs.insert(output(config));
  config.delta_limits = {.minimum = 0.05f, .maximum = 0.06f};
  outputs.insert(output(config));
  EXPECT_EQ(outputs.size(), 5u);
}

TEST(Mamba2, StateDoesNotGrowWithTheSequence) {
  const auto source = shapes_only();
  Parameters parameters(*source);
  const Mamba2 mamba2(small_config(), 30, ParameterScope(parameters));
  EXPECT_EQ(mamba2.state_bytes(1, 4), (76 * 2 + 60 * 4) * 4);
  EXPECT_EQ(mamba2.state_bytes(1 << 20, 4), mamba2.state_bytes(1, 4));
  EXPECT_EQ(mamba2.initial_state().bytes(), mamba2.state_bytes(0, 4));
}

TEST(Mamba2, CountsTheOperationsOfItsChunks) {
  const auto source = shapes_only();
  Parameters parameters(*source);
  const Mamba2 mamba2(small_config(), 30, ParameterScope(parameters));
  EXPECT_EQ(mamba2.sequence_flops(1), 4 * 60 * 4 + 2 * (60 + 8));
  const std::int64_t chunk = kernels::kStateSpaceDualityChunk;
  EXPECT_EQ(mamba2.sequence_flops(2 * chunk + 1), 2 * mamba2.sequence_flops(chunk) + mamba2.sequence_flops(1));
}

}  // namespace
}  // namespace sequent
