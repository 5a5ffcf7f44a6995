// What is particular to attention; what holds for all mixers is in tests/properties, parity in
// tests/models/golden_test.cpp.
#include "sequent/mixers/attention.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

Attention make(Parameters& parameters, bool causal) {
  return Attention({.heads = 2, .key_value_heads = 1, .head_width = 4, .causal = causal, .weight_deviation = 0.5f}, 8,
                   ParameterScope(parameters));
}

TEST(Attention, HasBiasesWhereTheyAreAskedFor) {
  const auto biases = [](const AttentionConfig& config) {
    const auto source = shapes_only();
    Parameters parameters(*source);
    const Attention attention(config, 8, ParameterScope(parameters));
    std::string names;
    for (const Parameter& parameter : parameters.all()) {
      if (parameter.name.ends_with(".bias")) names += parameter.name[0];
    }
    return names;
  };
  AttentionConfig config = {.heads = 2, .key_value_heads = 1, .head_width = 4};
  EXPECT_EQ(biases(config), "");
  config.bias = true;
  EXPECT_EQ(biases(config), "qkvo");
  config.output_bias = false;
  EXPECT_EQ(biases(config), "qkv");
}

TEST(Attention, StateGrowsWithTheSequence) {
  const auto source = shapes_only();
  Parameters parameters(*source);
  EXPECT_EQ(make(parameters, true).state_bytes(100, 2), 2 * 100 * 4 * 2);
}

TEST(Attention, CountsTheOperationsOfItsPairs) {
  const auto source = shapes_only();
  Parameters causal(*source);
  // 3 tokens see 1 + 2 + 3 keys with 2 heads of 4 channels.
  EXPECT_EQ(make(causal, true).sequence_flops(3), 6 * 2 * 4 * 4);
  Parameters bidirectional(*source);
  EXPECT_EQ(make(bidirectional, false).sequence_flops(3), 9 * 2 * 4 * 4);
}

TEST(Attention, TheCacheGrowsInPlaceButNeverUnderACopy) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const Attention attention = make(parameters, true);
  const Tensor x = test::to_tensor(test::random_values(6 * 8, "x"), {6, 8});
  MixerState state = attention.initial_state();
  MixerState* pointer = &state;
  attention.forward(x.slice(0, 4), Segments::single(4), {&pointer, 1});
  const MixerState copy = state;
  const auto before = test::to_doubles(copy.entries[0].value.value());
  attention.forward(x.slice(4, 6), Segments::single(2), {&pointer, 1});
  EXPECT_EQ(test::to_doubles(copy.entries[0].value.value()), before);
  EXPECT_EQ(copy.position, 4);
  EXPECT_EQ(state.position, 6);
}

TEST(Attention, BidirectionalAttentionCannotContinue) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const Attention attention = make(parameters, false);
  MixerState state = attention.initial_state();
  MixerState* pointer = &state;
  EXPECT_THROW(attention.forward(Tensor::zeros({2, 8}), Segments::single(2), {&pointer, 1}), Error);
}

}  // namespace
}  // namespace sequent
